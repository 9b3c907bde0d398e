"""Plans of AWS Backup, and what a plan backs up: nested names that only the provider has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.providers.aws.operations import Operation, Scope
from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.aws.session import Aws
from sandbox.providers.wire import UNKNOWN, Properties

LIFECYCLE = {"deleteAfter": "deleteAfterDays", "coldStorageAfter": "moveToColdStorageAfterDays"}
COPY = {"destinationVaultArn": "destinationBackupVaultArn"}
RULE = {
    "ruleName": "ruleName",
    "targetVaultName": "targetBackupVaultName",
    "schedule": "scheduleExpression",
    "scheduleExpressionTimezone": "scheduleExpressionTimezone",
    "startWindow": "startWindowMinutes",
    "completionWindow": "completionWindowMinutes",
    "enableContinuousBackup": "enableContinuousBackup",
    "recoveryPointTags": "recoveryPointTags",
}
CONDITIONS = {
    "stringEquals": "stringEquals",
    "stringLikes": "stringLike",
    "stringNotEquals": "stringNotEquals",
    "stringNotLikes": "stringNotLike",
}
"""The provider's names and those of the API, which is spelled as the provider's here."""
# of the provider's schema (internal/service/backup/plan.go)
DEFAULTS: Properties = {
    "scheduleExpressionTimezone": "Etc/UTC",
    "startWindow": 60,
    "completionWindow": 180,
    "enableContinuousBackup": False,
}
REQUIRED = ("ruleName", "targetVaultName")
COLD_FOR_DAYS = 90


class Plan(AwsResourceType):
    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        if inputs["rules"] is UNKNOWN:
            return []
        return [("rules", wrong) for rule in inputs["rules"] for wrong in _wrong(rule)]

    def same(self, name: str, actual: Any, desired: Any) -> bool:
        if name == "rules" and UNKNOWN not in (actual, desired):
            actual, desired = _completed(actual), _completed(desired)
        return super().same(name, actual, desired)

    def creation(self, scope: Scope, call: Operation) -> dict[str, Any]:
        return {**super().creation(scope, call), "BackupPlan": _plan(scope.values)}

    def describe(self, aws: Aws, resource_id: str, item: Any, state: Properties) -> Properties:
        live = super().describe(aws, resource_id, item, state)
        rules = map(_read, item["backupPlan"]["rules"])
        return {**live, "rules": _as_stated(rules, state.get("rules") or [])}

    def change(self, scope: Scope, state: Properties, changed: frozenset[str]) -> None:
        scope.run(Operation("update_backup_plan"), BackupPlan=_plan(scope.values))


def _wrong(rule: Properties) -> Iterable[str]:
    """What AWS refuses in a rule, and what nobody knows."""
    known = {*RULE, "lifecycle", "copyActions"}
    yield from (f"the sandbox does not know {key} of a rule" for key in sorted(rule.keys() - known))
    yield from (f"a rule needs {key}" for key in REQUIRED if key not in rule)
    complete = {**DEFAULTS, **rule}
    if UNKNOWN not in complete.values() and (
        complete["completionWindow"] < complete["startWindow"] + 60
    ):
        yield "completionWindow must be at least 60 minutes greater than startWindow"
    for copy in rule.get("copyActions") or ():
        unknown = sorted(copy.keys() - {*COPY, "lifecycle"})
        yield from (f"the sandbox does not know {key} of a copy" for key in unknown)
    for part in (rule, *(rule.get("copyActions") or ())):
        lifecycle = part.get("lifecycle") or {}
        unknown = sorted(lifecycle.keys() - LIFECYCLE.keys())
        yield from (f"the sandbox does not know {key} of a lifecycle" for key in unknown)
        cold, end = lifecycle.get("coldStorageAfter"), lifecycle.get("deleteAfter")
        if cold and end and end < cold + COLD_FOR_DAYS:
            yield f"deleteAfter must be {COLD_FOR_DAYS} days or more after coldStorageAfter"


def _plan(inputs: Properties) -> dict[str, Any]:
    return {"backupPlanName": inputs["name"], "rules": [_sent(rule) for rule in inputs["rules"]]}


def _sent(rule: Properties) -> dict[str, Any]:
    copies = [{**_mapped(copy, COPY), **_lifecycle_sent(copy)} for copy in _copies(rule)]
    sent = {**_mapped({**DEFAULTS, **rule}, RULE), **_lifecycle_sent(rule)}
    return {**sent, "copyActions": copies or None}


def _copies(rule: Properties) -> list[Properties]:
    return rule.get("copyActions") or []


def _lifecycle_sent(part: Properties) -> dict[str, Any]:
    lifecycle = part.get("lifecycle")
    return {"lifecycle": _mapped(lifecycle, LIFECYCLE)} if lifecycle else {}


def _read(found: Properties) -> Properties:
    """A rule as programs write it, without what they may leave out."""
    rule = _unmapped(found, RULE)
    copies = [{**_unmapped(copy, COPY), **_lifecycle_read(copy)} for copy in _copies(found)]
    given = {key: value for key, value in rule.items() if value and DEFAULTS.get(key) != value}
    return {**given, **_lifecycle_read(found), **({"copyActions": copies} if copies else {})}


def _lifecycle_read(found: Properties) -> Properties:
    lifecycle = found.get("lifecycle")
    return {"lifecycle": _unmapped(lifecycle, LIFECYCLE)} if lifecycle else {}


def _as_stated(live: Iterable[Properties], stated: list[Properties]) -> list[Properties]:
    """The live rules in the stated order, in the program's own words where they say the same."""
    by_name = {rule.get("ruleName"): rule for rule in live}
    words = {rule["ruleName"]: rule for rule in stated if rule.get("ruleName") in by_name}
    order = [*words, *(name for name in by_name if name not in words)]
    return [
        words[name]
        if name in words and _completed([words[name]]) == _completed([by_name[name]])
        else by_name[name]
        for name in order
    ]


def _completed(rules: list[Properties]) -> list[Properties]:
    return [{**DEFAULTS, **rule} for rule in rules]


def _mapped(part: Properties, names: Mapping[str, str]) -> dict[str, Any]:
    return {api: part[name] for name, api in names.items() if part.get(name) is not None}


def _unmapped(found: Properties, names: Mapping[str, str]) -> Properties:
    return {name: found[api] for name, api in names.items() if found.get(api) is not None}


class Selection(AwsResourceType):
    """Nothing of it can be changed: another selection takes its place."""

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        conditions = inputs.get("conditions")
        stated = conditions if isinstance(conditions, list) else []
        unknown = {key for condition in stated for key in condition} - CONDITIONS.keys()
        return [
            *super().validate(inputs),
            *(("conditions", f"the sandbox does not know {key}") for key in sorted(unknown)),
        ]

    def creation(self, scope: Scope, call: Operation) -> dict[str, Any]:
        inputs = scope.values
        conditions = {
            CONDITIONS[key]: [
                {"conditionKey": each["key"], "conditionValue": each["value"]} for each in listed
            ]
            for condition in inputs.get("conditions") or ()
            for key, listed in condition.items()
        }
        selection = {
            "selectionName": inputs["name"],
            "iamRoleArn": inputs["iamRoleArn"],
            "resources": inputs["resources"],
            "conditions": conditions or None,
        }
        return {"BackupSelection": selection}

    def describe(self, aws: Aws, resource_id: str, item: Any, state: Properties) -> Properties:
        found = item.get("conditions") or {}
        conditions = {
            name: [
                {"key": each["conditionKey"], "value": each["conditionValue"]}
                for each in found[api]
            ]
            for name, api in CONDITIONS.items()
            if found.get(api)
        }
        live = super().describe(aws, resource_id, item, state)
        return {**live, "conditions": [conditions] if conditions else []}
