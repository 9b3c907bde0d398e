"""AWS Backup's restrictions on the rules of a plan."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.wire import UNKNOWN, Properties

REQUIRED = ("ruleName", "targetVaultName")
COLD_FOR_DAYS = 90


class Plan(AwsResourceType):
    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        if inputs["rules"] is UNKNOWN:
            return []
        wrong = [("rules", reason) for rule in inputs["rules"] for reason in _wrong(rule)]
        return wrong or super().validate(inputs)


def _wrong(rule: Properties) -> Iterable[str]:
    yield from (f"a rule needs {key}" for key in REQUIRED if key not in rule)
    start, completion = rule.get("startWindow", 60), rule.get("completionWindow", 180)
    if UNKNOWN not in (start, completion) and completion < start + 60:
        yield "completionWindow must be at least 60 minutes greater than startWindow"
    for part in (rule, *(rule.get("copyActions") or ())):
        lifecycle = part.get("lifecycle") or {}
        cold, end = lifecycle.get("coldStorageAfter"), lifecycle.get("deleteAfter")
        if cold and end and end < cold + COLD_FOR_DAYS:
            yield f"deleteAfter must be {COLD_FOR_DAYS} days or more after coldStorageAfter"
