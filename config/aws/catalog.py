"""What AWS and PostgreSQL offer, as catalogs: instance classes and a version's parameters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, ValidationError

from config import yaml_files
from config.errors import ConfigurationError, from_validation
from config.settings.model import Model

DIRECTORY = Path(__file__).resolve().parent
INSTANCE_CLASSES = "instance_classes.yaml"
CACHE_NODES = "cache_nodes.yaml"


class InstanceClass(Model):
    vcpu: int = Field(ge=1, description="a number of virtual processors")
    memory_gib: float = Field(gt=0, description="the memory in GiB")
    iops: int = Field(ge=1, description="the IOPS that EBS sustains on the class")
    throughput_mb_s: float = Field(gt=0, description="the MB/s that EBS sustains on the class")
    burst: tuple[int, float] | None = Field(
        None, description="[IOPS, MB/s] for 30 minutes a day, where the class bursts"
    )

    @property
    def most_iops(self) -> int:
        return self.burst[0] if self.burst else self.iops


class ParameterKind(Model):
    """What a parameter of a group admits."""

    static: bool = Field(default=False, description="true if it takes a restart")
    type: Literal["boolean", "integer", "real", "string", "enum"] = Field(
        description="boolean, integer, real, string or enum"
    )
    range: tuple[float, float] | None = Field(None, description="[lowest, highest]")
    values: tuple[str, ...] = Field((), description="the words of an enum")

    def admits(self, value: str) -> bool:
        if self.type == "string":
            return True
        if self.type == "enum":
            return value in self.values
        if self.type == "boolean":
            return value in ("0", "1")
        try:
            number = int(value) if self.type == "integer" else float(value)
        except ValueError:
            return False
        return self.range is None or self.range[0] <= number <= self.range[1]

    @property
    def admitted(self) -> str:
        """What would be right, in words."""
        if self.type == "enum":
            return f"one of {', '.join(self.values)}"
        if self.type == "boolean":
            return '"0" or "1"'
        kind = {"integer": "a whole number", "real": "a number", "string": "a text"}[self.type]
        return f"{kind} from {self.range[0]:.16g} to {self.range[1]:.16g}" if self.range else kind


class CacheNode(Model):
    """A node type of ElastiCache."""

    vcpu: int = Field(ge=1, description="a number of virtual processors")
    memory_gib: float = Field(gt=0, description="the memory that Redis gets, in GiB")
    reserved_percent: int = Field(
        ge=0, le=100, description="how much of it is kept free of data, in percent"
    )


class _CacheNodes(Model):
    rows: Mapping[str, CacheNode] = Field(description="{node type: {vcpu: …, memory_gib: …}}")


class _InstanceClasses(Model):
    rows: Mapping[str, InstanceClass] = Field(description="{class: {vcpu: …, memory_gib: …}}")


class _ParameterKinds(Model):
    rows: Mapping[str, ParameterKind] = Field(description="{parameter: {type: …}}")


def instance_classes() -> Mapping[str, InstanceClass]:
    """The instance classes that the stack may use."""
    return _validated(_InstanceClasses, INSTANCE_CLASSES).rows


def parameter_kinds(major_version: int) -> Mapping[str, ParameterKind]:
    """The parameters of a PostgreSQL version; none where there is no catalog of it."""
    name = parameter_file(major_version)
    if not (DIRECTORY / name).is_file():
        return {}
    return _validated(_ParameterKinds, name).rows


def cache_nodes() -> Mapping[str, CacheNode]:
    """The node types of ElastiCache that the stack may use."""
    return _validated(_CacheNodes, CACHE_NODES).rows


def redis_parameter_kinds(major_version: int) -> Mapping[str, ParameterKind]:
    """The parameters of a Redis version's parameter groups."""
    return _validated(_ParameterKinds, f"redis{major_version}.yaml").rows


def parameter_file(major_version: int | str) -> str:
    return f"postgres{major_version}.yaml"


def shown(name: str) -> str:
    """A catalog's path as people write it."""
    return f"config/{DIRECTORY.name}/{name}"


M = TypeVar("M", bound=Model)


def _validated(model: type[M], name: str) -> M:
    return _valid(model, yaml_files.text(DIRECTORY / name, shown(name)), shown(name))


@cache
def _valid(model: type[M], text: str, file: str) -> M:
    document = json.dumps({"rows": yaml_files.parse(text, file)}, default=str)
    try:
        return model.model_validate_json(document)
    except ValidationError as error:
        raise ConfigurationError(
            replace(fault, key=fault.key.removeprefix(":rows."))
            for fault in from_validation(file, model, error)
        ) from None
