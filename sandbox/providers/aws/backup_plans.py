"""Plans of AWS Backup, and what a plan backs up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.providers.aws.backup import ABSENT, tags_of, update_tags
from sandbox.providers.aws.resource import ARN, PROVIDER, REGISTRY, TAGS, AwsResourceType
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, NotFound, Property
from sandbox.providers.wire import UNKNOWN, Properties

LIFECYCLE = {"deleteAfter": "DeleteAfterDays", "coldStorageAfter": "MoveToColdStorageAfterDays"}
COPY = {"destinationVaultArn": "DestinationBackupVaultArn"}
RULE = {
    "ruleName": "RuleName",
    "targetVaultName": "TargetBackupVaultName",
    "schedule": "ScheduleExpression",
    "scheduleExpressionTimezone": "ScheduleExpressionTimezone",
    "startWindow": "StartWindowMinutes",
    "completionWindow": "CompletionWindowMinutes",
    "enableContinuousBackup": "EnableContinuousBackup",
    "recoveryPointTags": "RecoveryPointTags",
}
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
    token = "aws:backup/plan:Plan"
    cfn = "AWS::Backup::BackupPlan"
    service = "backup"
    absent = ABSENT
    named_by, autonames = "name", True
    properties = {
        "name": Property(bound=True, replaces=PROVIDER),
        "rules": Property(required=True, bound=True, unordered=True),
        "tags": TAGS,
        "arn": ARN,
        "version": Property(output=True),
    }

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        if inputs["rules"] is UNKNOWN:
            return []
        return [("rules", wrong) for rule in inputs["rules"] for wrong in _wrong(rule)]

    def same(self, name: str, actual: Any, desired: Any) -> bool:
        if name == "rules" and UNKNOWN not in (actual, desired):
            actual, desired = _completed(actual), _completed(desired)
        return super().same(name, actual, desired)

    def create(self, aws: Aws, inputs: Properties) -> Created:
        answer = aws.client("backup").create_backup_plan(
            BackupPlan=_plan(inputs), BackupPlanTags=inputs["tags"]
        )
        return Created(answer["BackupPlanId"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        found = aws.client("backup").get_backup_plan(BackupPlanId=resource_id)
        plan, arn = found["BackupPlan"], found["BackupPlanArn"]
        return {
            "name": plan["BackupPlanName"],
            "rules": _as_stated(map(_rule_of, plan["Rules"]), state.get("rules") or []),
            "tags": tags_of(aws, arn),
            "arn": arn,
            "version": found["VersionId"],
        }

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        with self.existing():
            if "rules" in changed:
                aws.client("backup").update_backup_plan(
                    BackupPlanId=resource_id, BackupPlan=_plan(inputs)
                )
            update_tags(aws, state["arn"], state, inputs)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            aws.client("backup").delete_backup_plan(BackupPlanId=resource_id)


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
    return {"BackupPlanName": inputs["name"], "Rules": [_sent(rule) for rule in inputs["rules"]]}


def _sent(rule: Properties) -> dict[str, Any]:
    complete = {**DEFAULTS, **rule}
    sent = {RULE[key]: value for key, value in complete.items() if key in RULE}
    copies = [
        {**_mapped(copy, COPY), **_lifecycle_sent(copy)} for copy in rule.get("copyActions") or ()
    ]
    return {**sent, **_lifecycle_sent(rule), **({"CopyActions": copies} if copies else {})}


def _lifecycle_sent(part: Properties) -> dict[str, Any]:
    lifecycle = part.get("lifecycle")
    return {"Lifecycle": _mapped(lifecycle, LIFECYCLE)} if lifecycle else {}


def _rule_of(found: Mapping[str, Any]) -> Properties:
    """A rule as programs write it, without what they may leave out."""
    rule = _unmapped(found, RULE)
    copies = [
        {**_unmapped(copy, COPY), **_lifecycle_of(copy)} for copy in found.get("CopyActions", ())
    ]
    given = {key: value for key, value in rule.items() if value and DEFAULTS.get(key) != value}
    return {**given, **_lifecycle_of(found), **({"copyActions": copies} if copies else {})}


def _lifecycle_of(found: Mapping[str, Any]) -> Properties:
    lifecycle = found.get("Lifecycle")
    return {"lifecycle": _unmapped(lifecycle, LIFECYCLE)} if lifecycle else {}


def _as_stated(live: Iterable[Properties], stated: list[Properties]) -> list[Properties]:
    """The live rules in the stated order, in the program's own words where they say the same."""
    by_name = {rule.get("ruleName"): rule for rule in live}
    names = [rule["ruleName"] for rule in stated if rule.get("ruleName") in by_name]
    words = {rule["ruleName"]: rule for rule in stated if rule.get("ruleName") in by_name}
    order = [*names, *(name for name in by_name if name not in names)]
    return [
        words[name]
        if name in words and _completed([words[name]]) == _completed([by_name[name]])
        else by_name[name]
        for name in order
    ]


def _completed(rules: list[Properties]) -> list[Properties]:
    return [{**DEFAULTS, **rule} for rule in rules]


def _mapped(part: Properties, table: Mapping[str, str]) -> dict[str, Any]:
    return {api: part[name] for name, api in table.items() if part.get(name) is not None}


def _unmapped(found: Mapping[str, Any], table: Mapping[str, str]) -> Properties:
    return {name: found[api] for name, api in table.items() if found.get(api) is not None}


class Selection(AwsResourceType):
    """Nothing of it can be changed: another selection takes its place."""

    token = "aws:backup/selection:Selection"
    cfn = "AWS::Backup::BackupSelection"
    service = "backup"
    absent = ABSENT
    named_by, autonames = "name", True
    properties = {
        "name": Property("SelectionName", bound=True, replaces=PROVIDER),
        "planId": Property("BackupPlanId", required=True, bound=True, replaces=REGISTRY),
        "iamRoleArn": Property("IamRoleArn", required=True, bound=True, replaces=PROVIDER),
        "resources": Property(
            "Resources", default=[], bound=True, replaces=PROVIDER, unordered=True
        ),
        "conditions": Property(computed=True, bound=True, replaces=PROVIDER),
    }

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        conditions = inputs.get("conditions")
        stated = conditions if isinstance(conditions, list) else []
        unknown = {key for condition in stated for key in condition} - CONDITIONS.keys()
        return [
            *super().validate(inputs),
            *(("conditions", f"the sandbox does not know {key}") for key in sorted(unknown)),
        ]

    def create(self, aws: Aws, inputs: Properties) -> Created:
        selection: dict[str, Any] = {
            "SelectionName": inputs["name"],
            "IamRoleArn": inputs["iamRoleArn"],
            "Resources": inputs["resources"],
        }
        for condition in inputs.get("conditions") or ():
            selection.setdefault("Conditions", {}).update(
                {
                    CONDITIONS[key]: [
                        {"ConditionKey": each["key"], "ConditionValue": each["value"]}
                        for each in parameters
                    ]
                    for key, parameters in condition.items()
                }
            )
        answer = aws.client("backup").create_backup_selection(
            BackupPlanId=inputs["planId"], BackupSelection=selection
        )
        return Created(answer["SelectionId"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        plan = state.get("planId", "")
        found = aws.client("backup").get_backup_selection(
            BackupPlanId=plan, SelectionId=resource_id
        )["BackupSelection"]
        conditions = {
            name: [
                {"key": each["ConditionKey"], "value": each["ConditionValue"]}
                for each in found["Conditions"][api]
            ]
            for name, api in CONDITIONS.items()
            if found.get("Conditions", {}).get(api)
        }
        return {
            **self.bound_values(found),
            "planId": plan,
            "resources": sorted(found.get("Resources", [])),
            "conditions": [conditions] if conditions else [],
        }

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        if self.read(aws, resource_id, state) is None:
            raise NotFound(resource_id)
        with self.existing():
            aws.client("backup").delete_backup_selection(
                BackupPlanId=state["planId"], SelectionId=resource_id
            )


CONDITIONS = {
    "stringEquals": "StringEquals",
    "stringLikes": "StringLike",
    "stringNotEquals": "StringNotEquals",
    "stringNotLikes": "StringNotLike",
}

RESOURCE_TYPES = (Plan(), Selection())
