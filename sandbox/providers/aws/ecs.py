"""ECS clusters and task definitions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft7Validator

from sandbox import aws_data
from sandbox.providers.aws.resource import REGISTRY, TAGS, AwsResourceType, tag_changes
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, NotFound, Property, empty
from sandbox.providers.wire import UNKNOWN, Properties

Tags = list[dict[str, str]]


def tag_list(tags: Mapping[str, str]) -> Tags:
    """Tags as ECS alone takes them."""
    return [{"key": key, "value": value} for key, value in sorted(tags.items())]


def tag_map(tags: Tags | None) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in tags or [] if not tag["key"].startswith("aws:")}


def update_tags(aws: Aws, arn: str, state: Properties, inputs: Properties) -> None:
    wanted, unwanted = tag_changes(state, inputs)
    if unwanted:
        aws.client("ecs").untag_resource(resourceArn=arn, tagKeys=unwanted)
    if wanted:
        aws.client("ecs").tag_resource(resourceArn=arn, tags=tag_list(wanted))


class EcsResource(AwsResourceType):
    """ECS's own names are the registry's with a small letter first; `nested` properties have
    capitals inside in the registry, and are no business of its schema here."""

    service = "ecs"
    nested: frozenset[str] = frozenset()

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        return super().validate({k: v for k, v in inputs.items() if k not in self.nested})

    def arguments(self, inputs: Properties, names: frozenset[str] | None = None) -> dict[str, Any]:
        stated = super().arguments(inputs, names)
        return {key[0].lower() + key[1:]: value for key, value in stated.items()}


class Cluster(EcsResource):
    token = "aws:ecs/cluster:Cluster"
    cfn = "AWS::ECS::Cluster"
    absent = frozenset({"ClusterNotFoundException"})
    named_by, autonames = "name", True
    nested = frozenset({"settings", "configuration"})
    properties = {
        "name": Property("ClusterName", bound=True, replaces=REGISTRY),
        "settings": Property(computed=True, bound=True, unordered=True),
        "configuration": Property(bound=True),
        "tags": TAGS,
        "arn": Property(output=True),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        answer = aws.client("ecs").create_cluster(
            clusterName=inputs["name"], tags=tag_list(inputs["tags"]), **_configured(inputs)
        )
        return Created(answer["cluster"]["clusterArn"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        answer = aws.client("ecs").describe_clusters(
            clusters=[resource_id], include=["SETTINGS", "CONFIGURATIONS", "TAGS"]
        )
        for found in answer["clusters"]:
            if found["status"] != "INACTIVE":
                return {
                    "name": found["clusterName"],
                    "settings": found.get("settings") or [],
                    "configuration": found.get("configuration"),
                    "tags": tag_map(found.get("tags")),
                    "arn": found["clusterArn"],
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
            if changed & {"settings", "configuration"}:
                aws.client("ecs").update_cluster(cluster=resource_id, **_configured(inputs))
            update_tags(aws, resource_id, state, inputs)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        if self.read(aws, resource_id, state) is None:
            raise NotFound(resource_id)
        with self.existing():
            aws.client("ecs").delete_cluster(cluster=resource_id)


def _configured(inputs: Properties) -> dict[str, Any]:
    return {name: inputs[name] for name in ("settings", "configuration") if inputs.get(name)}


class TaskDefinition(EcsResource):
    """A revision never changes: a change registers the next one, then the old one goes."""

    token = "aws:ecs/taskDefinition:TaskDefinition"
    cfn = "AWS::ECS::TaskDefinition"
    absent = frozenset({"ClientException"})
    nested = frozenset({"containerDefinitions", "volumes", "runtimePlatform"})
    properties = {
        "family": Property("Family", required=True, bound=True, replaces=REGISTRY),
        "containerDefinitions": Property(
            "ContainerDefinitions", required=True, bound=True, replaces=REGISTRY
        ),
        "cpu": Property("Cpu", bound=True, replaces=REGISTRY),
        "memory": Property("Memory", bound=True, replaces=REGISTRY),
        "networkMode": Property("NetworkMode", computed=True, bound=True, replaces=REGISTRY),
        "requiresCompatibilities": Property(
            "RequiresCompatibilities", bound=True, replaces=REGISTRY, unordered=True
        ),
        "executionRoleArn": Property("ExecutionRoleArn", bound=True, replaces=REGISTRY),
        "taskRoleArn": Property("TaskRoleArn", bound=True, replaces=REGISTRY),
        "runtimePlatform": Property("RuntimePlatform", bound=True, replaces=REGISTRY),
        "volumes": Property("Volumes", bound=True, replaces=REGISTRY, unordered=True),
        "skipDestroy": Property(default=False),
        "trackLatest": Property(default=False),
        "tags": TAGS,
        "arn": Property(output=True),
        "arnWithoutRevision": Property(output=True),
        "revision": Property(output=True),
    }

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        found = super().validate(inputs)
        cpu, memory = inputs.get("cpu"), inputs.get("memory")
        if "FARGATE" in (inputs.get("requiresCompatibilities") or []) and not fits(cpu, memory):
            found.append(("memory", f"Fargate has no {memory} MiB with {cpu} CPU units"))
        return found

    def same(self, name: str, actual: Any, desired: Any) -> bool:
        if name == "containerDefinitions":
            return containers(actual) == containers(desired)
        return super().same(name, actual, desired)

    def create(self, aws: Aws, inputs: Properties) -> Created:
        answer = aws.client("ecs").register_task_definition(
            **{
                **self.arguments(inputs),
                "containerDefinitions": json.loads(inputs["containerDefinitions"]),
                "tags": tag_list(inputs["tags"]),
            }
        )
        return Created(inputs["family"], {"arn": answer["taskDefinition"]["taskDefinitionArn"]})

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        """The stated revision; by its family, which is the id, the newest."""
        answer = aws.client("ecs").describe_task_definition(
            taskDefinition=state.get("arn") or resource_id, include=["TAGS"]
        )
        found = answer["taskDefinition"]
        if found["status"] == "INACTIVE":
            return None
        described = {key[0].upper() + key[1:]: value for key, value in found.items()}
        live = {
            **self.bound_values(described),
            "containerDefinitions": json.dumps(found["containerDefinitions"]),
            "volumes": [_without_defaults(each) for each in found.get("volumes") or []],
            "tags": tag_map(answer.get("tags")),
            "arn": found["taskDefinitionArn"],
            "arnWithoutRevision": found["taskDefinitionArn"].rpartition(":")[0],
            "revision": found["revision"],
        }
        stated = state.get("containerDefinitions")
        if stated and self.same("containerDefinitions", live["containerDefinitions"], stated):
            live["containerDefinitions"] = stated
        return live

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        with self.existing():
            update_tags(aws, state["arn"], state, inputs)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        if state.get("skipDestroy"):
            return
        if self.read(aws, resource_id, state) is None:
            raise NotFound(resource_id)
        aws.client("ecs").deregister_task_definition(taskDefinition=state["arn"])


def fits(cpu: Any, memory: Any) -> bool:
    """Whether Fargate has the pair; the table writes CPU as text and memory as a number."""
    if UNKNOWN in (cpu, memory):
        return True
    if not (str(cpu).isdigit() and str(memory).isdigit()):
        return False
    pair = {"Cpu": str(cpu), "Memory": int(memory), "RequiresCompatibilities": ["FARGATE"]}
    table = aws_data.extension("AWS::ECS::TaskDefinition", "fargate_cpu_memory")
    return bool(Draft7Validator(table).is_valid(pair))


_CONTAINER_DEFAULTS = {"cpu": 0, "essential": True}
_BY_NAME = ("environment", "secrets", "volumesFrom")
"""Lists of a container whose order means nothing."""


def containers(definitions: Any) -> Any:
    """Container definitions without what ECS fills in, in one order."""
    if definitions is UNKNOWN or not isinstance(definitions, str):
        return definitions
    listed = sorted(json.loads(definitions), key=lambda container: str(container["name"]))
    return [_container(container) for container in listed]


def _container(stated: Mapping[str, Any]) -> dict[str, Any]:
    kept = {
        key: value
        for key, value in stated.items()
        if not empty(value) and _CONTAINER_DEFAULTS.get(key) != value
    }
    for key in _BY_NAME:
        if key in kept:
            kept[key] = sorted(kept[key], key=repr)
    if "portMappings" in kept:
        kept["portMappings"] = [
            # awsvpc gives a container its own address: both ports are one
            {"protocol": "tcp", **port, "hostPort": port.get("hostPort") or port["containerPort"]}
            for port in kept["portMappings"]
        ]
    return kept


def _without_defaults(volume: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in volume.items() if not empty(value)}


RESOURCE_TYPES = (Cluster(), TaskDefinition())
