"""The Pulumi policy pack: `pulumi preview --policy-pack policy`.

The engine submits each resource before it is created, and the whole stack at the end. It does not
tell a policy pack about replacements and deletions: policy/preview.py checks those.
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

Violations = tuple[Violation, ...]


def main() -> None:
    accepted, today = waivers.load(), datetime.now(UTC).date()

    def verdict(found: Iterable[Violation]) -> Violations:
        return waivers.judge(found, accepted, today).violations

    PolicyPack("nexusflow", [policy_of(rule, verdict) for rule in RULES])


def policy_of(rule: PolicyRule, verdict: Callable[[Iterable[Violation]], Violations]) -> Policy:
    def of_resource(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if args.resource_type in rule.types:
            resource = PolicyResource(args.resource_type, args.urn, plain(args.props))
            report_violations(rule, verdict(rule.violations([resource])), report)

    def of_stack(args: StackValidationArgs, report: ReportViolation) -> None:
        report_violations(rule, verdict(rule.violations(resources_of(args.resources))), report)

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


def report_violations(rule: PolicyRule, violations: Violations, report: ReportViolation) -> None:
    """Reports violations. The SDK puts the policy's description, the rule's title, in front."""
    for violation in violations:
        own = violation.rule == rule.id
        report(violation.remedy if own else f"{violation.title}; {violation.remedy}", violation.urn)


def resources_of(listed: Sequence[EngineResource]) -> list[PolicyResource]:
    """The resources of the stack. The engine omits ids but says where property values come from."""
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
    """The engine's values as plain data; an unknown value becomes its marker, not an error."""
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
