"""Property values between the engine and a provider: protobuf Structs and plain Python.

On the wire a secret is a wrapped value and an unknown (known only after an apply) a fixed string.
Inside a provider values are plain and an unknown is `UNKNOWN`. The names of the top-level
properties that contained a secret are returned separately: whole properties are secret.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, cast

from google.protobuf import struct_pb2

from engine.wire_format import SECRET, SIGNATURE

# Fixed by the protocol between Pulumi's engine and its providers.
_UNKNOWN_ON_THE_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

Properties = dict[str, Any]


class Unknown:
    """A value that the engine will know only once the update has run."""

    def __repr__(self) -> str:
        return "<known after up>"


UNKNOWN: Final = Unknown()


def loads(struct: struct_pb2.Struct) -> tuple[Properties, set[str]]:
    """The plain properties of a Struct, and the names of those that hold a secret anywhere."""
    secrets: set[str] = set()
    properties = {key: _load(value, key, secrets) for key, value in struct.fields.items()}
    return properties, secrets


def dumps(properties: Mapping[str, Any], secrets: Collection[str] = ()) -> struct_pb2.Struct:
    """The Struct of plain properties; those named in `secrets` are wrapped as secrets."""
    struct = struct_pb2.Struct()
    for key, value in properties.items():
        if value is None:
            continue
        field = _dump(value)
        if key in secrets:
            wrapped = struct.fields[key].struct_value
            wrapped.fields[SIGNATURE].string_value = SECRET
            wrapped.fields["value"].CopyFrom(field)
        else:
            struct.fields[key].CopyFrom(field)
    return struct


def has_unknown(value: Any) -> bool:
    """Whether an unknown stands anywhere inside a value."""
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN


def strings_in(value: Any) -> set[str]:
    """Every string anywhere inside a value, as needed to scrub secrets from a message."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, Mapping):
        return set().union(*(strings_in(item) for item in value.values()))
    if isinstance(value, list | tuple):
        return set().union(*(strings_in(item) for item in value))
    return set()


def _load(value: struct_pb2.Value, key: str, secrets: set[str]) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value == _UNKNOWN_ON_THE_WIRE else value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        return [_load(item, key, secrets) for item in value.list_value.values]
    if kind == "struct_value":
        fields = value.struct_value.fields
        if SIGNATURE in fields:
            if fields[SIGNATURE].string_value != SECRET:
                raise ValueError(f"property {key}: assets and references are not handled here")
            secrets.add(key)
            return _load(fields["value"], key, secrets)
        return {name: _load(item, key, secrets) for name, item in fields.items()}
    return None


def _dump(value: Any) -> struct_pb2.Value:
    if value is None:
        return struct_pb2.Value(null_value=cast(Any, struct_pb2.NULL_VALUE))
    if value is UNKNOWN:
        return struct_pb2.Value(string_value=_UNKNOWN_ON_THE_WIRE)
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, int | float):
        return struct_pb2.Value(number_value=float(value))
    if isinstance(value, str):
        return struct_pb2.Value(string_value=value)
    if isinstance(value, Mapping):
        return struct_pb2.Value(
            struct_value=struct_pb2.Struct(
                fields={k: _dump(v) for k, v in value.items() if v is not None}
            )
        )
    if isinstance(value, list | tuple):
        return struct_pb2.Value(
            list_value=struct_pb2.ListValue(values=[_dump(item) for item in value])
        )
    raise TypeError(f"a {type(value).__name__} cannot be a property value")
