"""Every policy document that the programs render, checked with cfn-lint's schemas of them and its
list of actions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft201909Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT201909

from sandbox import aws_data
from tests.components.recording import ROOT, RecordedResource, run_program

FILES = ("policy", "policy_identity", "policy_resource", "policy_trust")
PROGRAMS = [
    (directory, environment)
    for directory in (ROOT, ROOT / "foundation")
    for environment in ("production", "staging")
]
IDENTITY = ("aws:iam/policy:", "aws:iam/rolePolicy:", "aws:iam/userPolicy:", "aws:iam/groupPolicy:")
TRUST = "assumeRolePolicy"


def _exactly_one(_: Any, names: list[str], instance: Any, __: Any) -> Iterator[ValidationError]:
    """cfn-lint's own keyword: one of the properties, and no second."""
    if isinstance(instance, dict) and len(present := [n for n in names if n in instance]) != 1:
        yield ValidationError(f"one of {names} is needed, not {present}")


def _unique(_: Any, names: list[str], instance: Any, __: Any) -> Iterator[ValidationError]:
    """cfn-lint's own keyword: no two items with the same value of a property."""
    for name in names:
        values = [item[name] for item in instance if isinstance(item, dict) and name in item]
        if isinstance(instance, list) and len(values) != len(set(map(repr, values))):
            yield ValidationError(f"{name} is repeated: {values}")


# As cfn-lint reads its schemas, what stands beside a $ref counts, which it doesn't in draft 7.
Validator: Any = extend(  # type: ignore[no-untyped-call]
    Draft201909Validator, {"requiredXor": _exactly_one, "uniqueKeys": _unique}
)


@cache
def validator(file: str) -> Any:
    schemas = {name: aws_data.read(f"other/iam/{name}.json") for name in FILES}
    registry: Registry[Any] = Registry().with_resources(
        (schema["$id"], DRAFT201909.create_resource(schema)) for schema in schemas.values()
    )
    return Validator(schemas[file], registry=registry)


def documents(resource: RecordedResource) -> Iterator[tuple[str, dict[str, Any]]]:
    """The policy documents among a resource's inputs, by the path to each."""
    yield from _documents(resource.inputs, "")


def _documents(value: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, str) and '"Statement"' in value:
        yield path, json.loads(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _documents(item, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _documents(item, f"{path}[{index}]")


def schema_of(resource: RecordedResource, path: str) -> str:
    if path.endswith(TRUST):
        return "policy_trust"
    return "policy_identity" if resource.token.startswith(IDENTITY) else "policy_resource"


@cache
def actions() -> frozenset[str]:
    """All of AWS's, in lower case: their case doesn't count."""
    services = aws_data.read("../AdditionalSpecs/Policies.json").items()
    return frozenset(f"{name}:{each}" for name, rows in services for each in rows["Actions"])


@cache
def is_action(pattern: str) -> bool:
    return any(fnmatchcase(each, pattern.lower()) for each in actions())


def faults(document: dict[str, Any], schema: str) -> list[str]:
    malformed = [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in validator(schema).iter_errors(document)
    ]
    patterns = [each for key in ("Action", "NotAction") for each in _stated(document, key)]
    return malformed + [f"{each}: no such action" for each in patterns if not is_action(each)]


def _stated(document: dict[str, Any], key: str) -> Iterator[str]:
    for statement in document["Statement"]:
        value = statement.get(key, [])
        yield from [value] if isinstance(value, str) else value


@pytest.mark.parametrize(("directory", "environment"), PROGRAMS)
def test_every_policy_document_is_valid_for_cfn_lint(directory: Path, environment: str) -> None:
    checked, wrong = 0, {}
    for resource in run_program(directory, environment).resources:
        for path, document in documents(resource):
            checked += 1
            if found := faults(document, schema_of(resource, path)):
                wrong[resource.token, resource.name, path] = found
    assert not wrong
    assert checked > 0


@pytest.mark.parametrize(("directory", "environment"), PROGRAMS)
def test_every_policy_document_has_a_version(directory: Path, environment: str) -> None:
    for resource in run_program(directory, environment).resources:
        for path, document in documents(resource):
            assert document["Version"] == "2012-10-17", (resource.name, path)


ALLOWED = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::a/*"]}


@pytest.mark.parametrize(
    ("schema", "change"),
    [
        ("policy_identity", {"Principal": {"AWS": "*"}}),
        ("policy_identity", {"Effect": "Permit"}),
        ("policy_identity", {"Action": []}),
        ("policy_identity", {"Action": "logs:PutLogEvent"}),
        ("policy_identity", {"Action": ["s3:GetObject", "secretmanager:*"]}),
        ("policy_identity", {"NotAction": ["s3:PutObject"]}),
        ("policy_identity", {"Sid": "with a space"}),
        ("policy_identity", {"Condition": {"StringEqual": {"aws:SourceAccount": "1"}}}),
        ("policy_resource", {"Sid": "WithoutPrincipal"}),
        ("policy_trust", {"Principal": {"Service": "backup.amazonaws.com"}}),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_a_document_that_aws_would_refuse_is_found(schema: str, change: dict[str, Any]) -> None:
    document = {"Version": "2012-10-17", "Statement": [{**ALLOWED, **change}]}
    assert faults(document, schema)


def test_a_duplicate_sid_is_found() -> None:
    twice = [{**ALLOWED, "Sid": "Same"}, {**ALLOWED, "Sid": "Same"}]
    assert faults({"Version": "2012-10-17", "Statement": twice}, "policy_identity")
    assert not faults({"Version": "2012-10-17", "Statement": twice[:1]}, "policy_identity")
