"""Reader of the AWS catalogs: instance classes, cache nodes, and parameters of engine versions."""

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
from config.model import Model

DIRECTORY = Path(__file__).resolve().parent
INSTANCE_CLASSES = "instance_classes.yaml"
CACHE_NODES = "cache_nodes.yaml"


class InstanceClass(Model):
    """An RDS instance class, with the figures of its EC2 instance type."""

    vcpu: int = Field(ge=1, description="a number of virtual processors")
    memory_gib: float = Field(gt=0, description="the memory in GiB")
    iops: int = Field(ge=1, description="the baseline IOPS of EBS")
    throughput_mb_s: float = Field(gt=0, description="the baseline MB/s of EBS")
    burst: tuple[int, float] | None = Field(
        None, description="[IOPS, MB/s] for 30 minutes a day, for classes that burst"
    )

    @property
    def most_iops(self) -> int:
        return self.burst[0] if self.burst else self.iops


class ParameterKind(Model):
    """The values that a parameter accepts, and whether a change needs a restart."""

    static: bool = Field(default=False, description="true if a change needs a restart")
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
        """The accepted values in words."""
        if self.type == "enum":
            return f"one of {', '.join(self.values)}"
        if self.type == "boolean":
            return '"0" or "1"'
        kind = {"integer": "a whole number", "real": "a number", "string": "a text"}[self.type]
        return f"{kind} from {self.range[0]:.16g} to {self.range[1]:.16g}" if self.range else kind


class CacheNode(Model):
    """An ElastiCache node type."""

    vcpu: int = Field(ge=1, description="a number of virtual processors")
    memory_gib: float = Field(gt=0, description="the memory of Redis in GiB")
    reserved_percent: int = Field(
        ge=0, le=100, description="the percentage of it that is kept free of data"
    )


class _CacheNodes(Model):
    rows: Mapping[str, CacheNode] = Field(description="{node type: {vcpu: …, memory_gib: …}}")


class _InstanceClasses(Model):
    rows: Mapping[str, InstanceClass] = Field(description="{class: {vcpu: …, memory_gib: …}}")


class _ParameterKinds(Model):
    rows: Mapping[str, ParameterKind] = Field(description="{parameter: {type: …}}")


def instance_classes() -> Mapping[str, InstanceClass]:
    """The RDS instance classes that the stack can use."""
    return _validated(_InstanceClasses, INSTANCE_CLASSES).rows


def instance_type(name: str) -> InstanceClass | None:
    """The figures of an EC2 instance type, which the catalog lists as an RDS class."""
    return instance_classes().get(f"db.{name}")


def parameter_kinds(major_version: int) -> Mapping[str, ParameterKind]:
    """The parameters of a PostgreSQL version; empty if it has no catalog."""
    name = parameter_file(major_version)
    if not (DIRECTORY / name).is_file():
        return {}
    return _validated(_ParameterKinds, name).rows


def cache_nodes() -> Mapping[str, CacheNode]:
    """The ElastiCache node types that the stack can use."""
    return _validated(_CacheNodes, CACHE_NODES).rows


def redis_parameter_kinds(major_version: int) -> Mapping[str, ParameterKind]:
    """The parameters of a Redis version."""
    return _validated(_ParameterKinds, f"redis{major_version}.yaml").rows


def parameter_file(major_version: int | str) -> str:
    return f"postgres{major_version}.yaml"


def shown(name: str) -> str:
    """A catalog's path for messages."""
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
