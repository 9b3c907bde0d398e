"""ECS task definitions: a change registers the next revision."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft7Validator

from sandbox import aws_data
from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, empty
from sandbox.providers.wire import UNKNOWN, Properties

_CONTAINER_DEFAULTS = {"cpu": 0, "essential": True}
_BY_NAME = ("environment", "secrets", "volumesFrom")
"""Lists of a container whose order is irrelevant."""


class TaskDefinition(AwsResourceType):
    """Its id is the family; `arn` names the revision."""

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        found = super().validate(inputs)
        cpu, memory = inputs.get("cpu"), inputs.get("memory")
        if "FARGATE" in (inputs.get("requiresCompatibilities") or []) and not fits(cpu, memory):
            found.append(("memory", f"Fargate has no {memory} MiB with {cpu} CPU units"))
        return found

    def same(self, name: str, actual: Any, desired: Any) -> bool:
        if name == "containerDefinitions":
            return bool(containers(actual) == containers(desired))
        return super().same(name, actual, desired)

    def create(self, aws: Aws, inputs: Properties) -> Created:
        return Created(inputs["family"], {"arn": super().create(aws, inputs).id})


def fits(cpu: Any, memory: Any) -> bool:
    """Whether Fargate supports the pair; the table has CPU as text and memory as a number."""
    if UNKNOWN in (cpu, memory):
        return True
    if not (str(cpu).isdigit() and str(memory).isdigit()):
        return False
    pair = {"Cpu": str(cpu), "Memory": int(memory), "RequiresCompatibilities": ["FARGATE"]}
    table = aws_data.extension("AWS::ECS::TaskDefinition", "fargate_cpu_memory")
    return bool(Draft7Validator(table).is_valid(pair))


def containers(definitions: Any) -> Any:
    """Container definitions in a fixed order, without the defaults that ECS adds."""
    if definitions is UNKNOWN or not isinstance(definitions, str):
        return definitions
    listed = sorted(json.loads(definitions), key=lambda container: str(container["name"]))
    return [_container(container) for container in listed]


def _container(stated: Mapping[str, Any]) -> dict[str, Any]:
    kept = {
        key: value
        for key, value in _without_unset(stated).items()
        if _CONTAINER_DEFAULTS.get(key) != value
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


def _without_unset(stated: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in stated.items() if not empty(value)}
