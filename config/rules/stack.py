"""All rules of a stack, by project; rules that compare both projects are in environment.py."""

from __future__ import annotations

from collections.abc import Iterator

from config.rules import (
    alarms,
    allowed_clients,
    backups,
    certificates,
    clickhouse,
    database,
    network,
    pgbouncer,
    postgres,
    postgres_parameters,
    redis,
    secrets,
)
from config.rules.rule import Case, ConfigRule
from config.settings.stack import Settings, StackSettings

TAG_NAME, TAG_VALUE = 128, 256
"""Characters that AWS accepts."""


def invalid_tags(s: StackSettings) -> Iterator[Case]:
    for name, value in s.aws.default_tags.tags.items():
        if name.lower().startswith("aws:"):
            yield {
                "name": name,
                "problem": "the prefix aws: is reserved",
                "remedy": "drop the prefix",
            }
        if len(name) > TAG_NAME or len(value) > TAG_VALUE:
            yield {
                "name": name,
                "problem": f"the name has {len(name)} characters and the value {len(value)}",
                "remedy": f"write at most {TAG_NAME} for the name and {TAG_VALUE} for the value",
            }


EVERY_STACK: tuple[ConfigRule[StackSettings], ...] = (
    ConfigRule(
        "aws:defaultTags.tags.Environment",
        lambda s: s.aws.default_tags.tags.get("Environment") != s.environment,
        "the tag is not this stack's name",
        "write Environment: {s.environment}",
    ),
    ConfigRule(
        "aws:defaultTags.tags.Stack",
        lambda s: s.aws.default_tags.tags.get("Stack") != s.namespace,
        "the tag is not this project's name",
        "write Stack: {s.namespace}",
    ),
    ConfigRule("aws:defaultTags.tags.{name}", invalid_tags, "{problem}", "{remedy}"),
)

MAIN: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        "nexusflow:recovery_region",
        lambda s: s.recovery_region == s.aws.region,
        "{s.recovery_region} is the stack's own region",
        "name another region: copies must survive the loss of this one",
    ),
    *postgres.ERRORS,
    *postgres_parameters.ERRORS,
    *database.ERRORS,
    *allowed_clients.ERRORS,
    *pgbouncer.ERRORS,
    *alarms.ERRORS,
    *backups.ERRORS,
    *certificates.ERRORS,
    *secrets.ERRORS,
    *redis.ERRORS,
    *clickhouse.ERRORS,
)
MAIN_WARNINGS = (
    *postgres.WARNINGS,
    *postgres_parameters.WARNINGS,
    *pgbouncer.WARNINGS,
    *clickhouse.WARNINGS,
    *backups.WARNINGS,
)
FOUNDATION = network.ERRORS
FOUNDATION_WARNINGS = network.WARNINGS
