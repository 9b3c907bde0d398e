"""Answers to the engine: property differences, outputs, and inputs as they were read."""

from __future__ import annotations

from typing import Any

from pulumi.runtime.proto import provider_pb2

from sandbox.providers.diff import Difference
from sandbox.providers.resource_type import ResourceType, empty
from sandbox.providers.wire import UNKNOWN, Properties

_CHANGES = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


def property_diff(item: Difference) -> provider_pb2.PropertyDiff:
    return provider_pb2.PropertyDiff(kind=_CHANGES[item.change, item.replaces], inputDiff=False)


def unknown_outputs(resource_type: ResourceType[Any], inputs: Properties) -> Properties:
    return {
        name: UNKNOWN
        for name, prop in resource_type.properties.items()
        if prop.output or (prop.computed and name not in inputs)
    }


def kept_computed(resource_type: ResourceType[Any], state: Properties) -> Properties:
    return {
        name: state[name]
        for name, prop in resource_type.properties.items()
        if prop.computed and name in state
    }


def inputs_read(
    resource_type: ResourceType[Any], inputs: Properties, outputs: Properties
) -> Properties:
    """The inputs as the cloud has them: the given ones, and values other than the default."""
    return {
        name: resource_type.actual(name, outputs)
        for name, prop in resource_type.properties.items()
        if not prop.output
        and name in outputs
        and (name in inputs or not (prop.computed or empty(outputs[name])))
    }


def with_tags(resource_type: ResourceType[Any], outputs: Properties) -> Properties:
    return (
        {**outputs, "tagsAll": outputs.get("tags", {})}
        if "tags" in resource_type.inputs
        else outputs
    )
