"""All policy rules by section, and the violations among the resources of a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from policy import backup, changes, ec2, ecs, elasticache, keys, rds, s3
from policy.model import PolicyResource, PolicyRule, Violation

SECTIONS: dict[str, tuple[PolicyRule, ...]] = {
    "PostgreSQL": rds.RULES,
    "Redis": elasticache.RULES,
    "ECS": ecs.RULES,
    "Networks and hosts": ec2.RULES,
    "Backups": backup.RULES,
    "Keys, logs and secrets": keys.RULES,
    "S3": s3.RULES,
}
RULES: tuple[PolicyRule, ...] = tuple(rule for rules in SECTIONS.values() for rule in rules)
BY_ID = {rule.id: rule for rule in (*RULES, *changes.RULES)}


def violations(
    resources: Sequence[PolicyResource],
    replaced: Iterable[PolicyResource] = (),
    deleted: Iterable[PolicyResource] = (),
) -> list[Violation]:
    """The violations of the planned resources, and of their replacements and deletions."""
    found = [violation for rule in RULES for violation in rule.violations(resources)]
    found += changes.REPLACED.violations(list(replaced))
    found += changes.DELETED.violations(list(deleted))
    return found
