"""Translates values between the provider's names and an API's, by botocore's service models.

The provider writes `kmsMasterKeyId` where S3 writes `KMSMasterKeyID`. Keys of structures are
renamed at any depth; keys of maps (tags, options) are data and stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

_WORDS = re.compile(r"[A-Z]{2,}s(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@cache
def camel(name: str) -> str:
    """An API name in the provider's camel case: `KMSMasterKeyID` -> `kmsMasterKeyId`."""
    first, *rest = _WORDS.findall(name)
    return first.lower() + "".join(word.capitalize() for word in rest)


@cache
def operation(client: Any, method: str) -> Any:
    """botocore's model of a client's method."""
    return client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])


def to_api(value: Any, shape: Any) -> Any:
    """A provider value with the API's names, without members that are None."""
    if shape.type_name == "structure" and isinstance(value, Mapping):
        members = {name.lower(): name for name in shape.members}
        named = {members.get(key.lower(), key): item for key, item in value.items()}
        return {
            name: to_api(item, shape.members[name]) if name in shape.members else item
            for name, item in named.items()
            if item is not None
        }
    if shape.type_name == "map" and isinstance(value, Mapping):
        return {key: to_api(item, shape.value) for key, item in value.items() if item is not None}
    if shape.type_name == "list" and isinstance(value, list):
        return [to_api(item, shape.member) for item in value]
    return value


def to_provider(value: Any, shape: Any) -> Any:
    """An API value with the provider's names."""
    if shape is None:
        return value
    if shape.type_name == "structure" and isinstance(value, Mapping):
        return {
            camel(name): to_provider(item, shape.members.get(name)) for name, item in value.items()
        }
    if shape.type_name == "map" and isinstance(value, Mapping):
        return {key: to_provider(item, shape.value) for key, item in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [to_provider(item, shape.member) for item in value]
    return value
