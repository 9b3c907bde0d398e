"""Rules of EventBridge, and whom they tell."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.resource import (
    PROVIDER,
    REGISTRY,
    TAGS,
    AwsResourceType,
    tag_changes,
    tag_list,
    tag_map,
)
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, NotFound, Property
from sandbox.providers.wire import Properties

_ABSENT = frozenset({"ResourceNotFoundException"})


class EventRule(AwsResourceType):
    """On the default bus, where the events of AWS's services are."""

    token = "aws:cloudwatch/eventRule:EventRule"
    documents = frozenset({"eventPattern"})
    cfn = "AWS::Events::Rule"
    service = "events"
    absent = _ABSENT
    named_by, autonames = "name", True
    properties = {
        "name": Property("Name", bound=True, replaces=REGISTRY),
        "description": Property("Description", default="", bound=True),
        "eventPattern": Property("EventPattern", bound=True),
        "scheduleExpression": Property("ScheduleExpression", bound=True),
        "state": Property("State", computed=True, bound=True),
        "tags": TAGS,
        "arn": Property("Arn", output=True),
    }

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        if not {"eventPattern", "scheduleExpression"} & inputs.keys():
            return [("eventPattern", "a rule needs an eventPattern or a scheduleExpression")]
        return super().validate(inputs)

    def create(self, aws: Aws, inputs: Properties) -> Created:
        self._put(aws, inputs, Tags=tag_list(inputs["tags"]))
        return Created(inputs["name"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        events = aws.client("events")
        found = events.describe_rule(Name=resource_id)
        tags = events.list_tags_for_resource(ResourceARN=found["Arn"])["Tags"]
        return {
            **self.bound_values(found),
            "description": found.get("Description", ""),
            "eventPattern": found.get("EventPattern"),
            "scheduleExpression": found.get("ScheduleExpression"),
            "tags": tag_map(tags),
        }

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        events = aws.client("events")
        with self.existing():
            events.describe_rule(Name=resource_id)
            if changed - {"tags"}:
                self._put(aws, inputs)
            wanted, unwanted = tag_changes(state, inputs)
            if unwanted:
                events.untag_resource(ResourceARN=state["arn"], TagKeys=unwanted)
            if wanted:
                events.tag_resource(ResourceARN=state["arn"], Tags=tag_list(wanted))

    def _put(self, aws: Aws, inputs: Properties, **also: Any) -> None:
        aws.client("events").put_rule(**self.arguments(inputs), **also)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        if self.read(aws, resource_id, state) is None:
            raise NotFound(resource_id)
        with self.existing():
            aws.client("events").delete_rule(Name=resource_id)


class EventTarget(AwsResourceType):
    token = "aws:cloudwatch/eventTarget:EventTarget"
    service = "events"
    absent = _ABSENT
    properties = {
        "rule": Property("Rule", required=True, bound=True, replaces=PROVIDER),
        "targetId": Property("Id", required=True, bound=True, replaces=PROVIDER),
        "arn": Property("Arn", required=True, bound=True),
        "inputTransformer": Property(bound=True),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        self._put(aws, inputs)
        return Created(f"{inputs['rule']}-{inputs['targetId']}")

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        targets = aws.client("events").list_targets_by_rule(Rule=state["rule"])["Targets"]
        for found in targets:
            if found["Id"] == state["targetId"]:
                transformer = found.get("InputTransformer", {})
                return {
                    "rule": state["rule"],
                    "targetId": found["Id"],
                    "arn": found["Arn"],
                    "inputTransformer": {
                        name: transformer[api]
                        for name, api in TRANSFORMER.items()
                        if transformer.get(api)
                    },
                }
        return None

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        with self.existing():
            self._put(aws, inputs)

    def _put(self, aws: Aws, inputs: Properties) -> None:
        target: dict[str, Any] = {"Id": inputs["targetId"], "Arn": inputs["arn"]}
        transformer = inputs.get("inputTransformer") or {}
        if transformer:
            target["InputTransformer"] = {
                api: transformer[name] for name, api in TRANSFORMER.items() if name in transformer
            }
        answer = aws.client("events").put_targets(Rule=inputs["rule"], Targets=[target])
        if answer["FailedEntryCount"]:
            raise RuntimeError(answer["FailedEntries"][0]["ErrorMessage"])

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        if self.read(aws, resource_id, state) is None:
            raise NotFound(resource_id)
        with self.existing():
            aws.client("events").remove_targets(Rule=state["rule"], Ids=[state["targetId"]])


TRANSFORMER = {"inputPaths": "InputPathsMap", "inputTemplate": "InputTemplate"}

RESOURCE_TYPES = (EventRule(), EventTarget())
