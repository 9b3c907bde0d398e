"""The Pulumi policy pack: `pulumi preview --policy-pack policy`.

The engine asks it about a resource before it makes it, and about the whole stack at the end. It
tells a pack nothing of replacements and deletions: those rules are policy/preview.py's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy import PolicyResource as EngineResource
from pulumi_policy.proxy import UnknownValueError

from policy import waivers
from policy.model import PolicyResource, PolicyRule, Violation
from policy.rules import RULES

Told = tuple[Violation, ...]


def main() -> None:
    accepted, today = waivers.load(), datetime.now(UTC).date()

    def verdict(found: Iterable[Violation]) -> Told:
        return waivers.judge(found, accepted, today).violations

    PolicyPack("nexusflow", [policy_of(rule, verdict) for rule in RULES])


def policy_of(rule: PolicyRule, verdict: Callable[[Iterable[Violation]], Told]) -> Policy:
    def of_resource(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if args.resource_type in rule.types:
            resource = PolicyResource(args.resource_type, args.urn, plain(args.props))
            tell(rule, verdict(rule.violations([resource])), report)

    def of_stack(args: StackValidationArgs, report: ReportViolation) -> None:
        tell(rule, verdict(rule.violations(resources_of(args.resources))), report)

    low = rule.severity.value == "low"
    words: dict[str, Any] = {
        "name": rule.id,
        "description": rule.title,
        "enforcement_level": EnforcementLevel.ADVISORY if low else EnforcementLevel.MANDATORY,
        "severity": Severity(rule.severity.value),
        "remediation_steps": rule.remedy,
    }
    if rule.alone is None:
        return StackValidationPolicy(validate=of_stack, **words)
    return ResourceValidationPolicy(validate=of_resource, **words)


def tell(rule: PolicyRule, violations: Told, report: ReportViolation) -> None:
    """The SDK puts the policy's description, our title, before what is reported."""
    for violation in violations:
        own = violation.rule == rule.id
        report(violation.remedy if own else f"{violation.title}; {violation.remedy}", violation.urn)


def resources_of(listed: Sequence[EngineResource]) -> list[PolicyResource]:
    """The engine keeps ids to itself, but tells where a property's value comes from."""
    return [
        PolicyResource(
            each.resource_type,
            each.urn,
            plain(each.props),
            depends_on={
                key: [source.urn for source in sources]
                for key, sources in each.property_dependencies.items()
            },
        )
        for each in listed
    ]


def plain(value: Any) -> Any:
    """The engine's values as rules know them: an unknown one as its mark instead of an error."""
    if isinstance(value, Mapping):
        return {key: plain(_item(value, key)) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(_item(value, index)) for index in range(len(value))]
    return value


def _item(holder: Any, key: Any) -> Any:
    try:
        return holder[key]
    except UnknownValueError as error:
        return error.unknown_type_sentinel


if __name__ == "__main__":
    main()
