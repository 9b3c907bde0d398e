"""AWS's own rules as data: validates inputs by the registry schemas and tables of cfn-lint."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError

from sandbox import aws_data
from sandbox.providers.resource_type import Property
from sandbox.providers.wire import Properties, has_unknown

Fault = tuple[str, str]


@cache
def _schema_files(region: str) -> dict[str, str]:
    files: dict[str, str] = aws_data.read(f"providers/{region}.json")
    return files


@cache
def resource_schema(cfn: str, region: str) -> dict[str, Any]:
    """The registry schema of a CloudFormation type in a region."""
    name = _schema_files(region).get(cfn)
    if name is None:
        raise LookupError(f"{cfn} is not offered in {region}")
    schema: dict[str, Any] = aws_data.read(f"resources/{name}.json")
    return schema


@cache
def create_only(cfn: str) -> frozenset[str]:
    """The top-level properties whose change makes CloudFormation replace the resource."""
    pointers = resource_schema(cfn, "us-east-1").get("createOnlyProperties", [])
    return frozenset(pointer.removeprefix("/properties/").split("/")[0] for pointer in pointers)


@cache
def properties(cfn: str) -> dict[str, str]:
    """The properties of a CloudFormation type by their names in lower case."""
    return {name.lower(): name for name in resource_schema(cfn, "us-east-1")["properties"]}


@cache
def required(cfn: str) -> frozenset[str]:
    """The properties without which CloudFormation refuses a resource."""
    return frozenset(resource_schema(cfn, "us-east-1").get("required", []))


@cache
def _extensions(cfn: str, names: tuple[str, ...]) -> list[dict[str, Any]]:
    return [aws_data.extension(cfn, name) for name in names]


def faults(
    cfn: str,
    properties: Mapping[str, Property],
    inputs: Properties,
    extensions: tuple[str, ...] = (),
) -> list[Fault]:
    """Errors by AWS's data in the inputs whose values are known, as (property, reason)."""
    schema = resource_schema(cfn, inputs.get("region", "us-east-1"))
    names = {prop.api: name for name, prop in properties.items() if prop.api and name in inputs}
    known: dict[str, Any] = {
        api: _as_schema_type(inputs[name], schema["properties"].get(api, {}))
        for api, name in names.items()
        if _is_comparable(inputs[name])
    }
    definitions = {key: schema[key] for key in ("definitions", "$defs") if key in schema}
    found: list[Fault] = []
    for api, value in known.items():
        rule, prop = schema["properties"].get(api), properties[names[api]]
        # the provider's own defaults, such as 0 for "never expires", mean nothing to the registry
        if rule is None or not prop.checked or value == prop.default:
            continue
        validator = Draft7Validator({**rule, **definitions})
        found += [(names[api], error.message) for error in validator.iter_errors(value)]
    for extension in _extensions(cfn, extensions):
        for error in Draft7Validator(extension).iter_errors(known):
            place = str(error.absolute_path[0]) if error.absolute_path else ""
            found.append((names.get(place, ""), _short(error)))
    return found


def _is_comparable(value: Any) -> bool:
    """Whether a value is known and plain: inside objects the registry has names of its own."""
    items = value if isinstance(value, list) else [value]
    return not has_unknown(value) and not any(isinstance(item, dict) for item in items)


def _as_schema_type(value: Any, rule: dict[str, Any]) -> Any:
    """The registry writes some numbers as strings (AllocatedStorage: "500")."""
    if rule.get("type") == "string" and isinstance(value, int | float):
        return str(value)
    return value


def _short(error: ValidationError) -> str:
    """The message, with AWS's longest lists of allowed values left out."""
    allowed: Any = error.validator_value
    if error.validator == "enum" and len(allowed) > 12:
        return f"{error.instance!r} is not one of the values that AWS lists for this combination"
    return error.message
