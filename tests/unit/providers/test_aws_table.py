"""The aws provider's tables against the registry schemas, the SDK, and the changes tried."""

from __future__ import annotations

import ast
import importlib.util
import re
from functools import cache
from pathlib import Path

import pytest

from sandbox.providers.aws import schema
from sandbox.providers.aws.__main__ import RESOURCE_TYPES
from sandbox.providers.aws.resource import AwsResourceType
from tests.estate.changes.changes import CHANGES

TOKENS = sorted(RESOURCE_TYPES)
ONLY_HERE = {
    ("aws:rds/instance:Instance", "configuredPort"),
    ("aws:lb/listener:Listener", "configuredPort"),
    ("aws:elasticache/replicationGroup:ReplicationGroup", "configuredPort"),
}
"""Properties that the real provider has not; each says why where it stands."""


def resource_type(token: str) -> AwsResourceType:
    found = RESOURCE_TYPES[token]
    assert isinstance(found, AwsResourceType)
    return found


@cache
def sdk_names(token: str) -> frozenset[str]:
    """The property names of a type in pulumi_aws, read from its source without importing it."""
    module, name = re.fullmatch(r"aws:(\w+)/(\w+):\w+", token).groups()  # type: ignore[union-attr]
    spec = importlib.util.find_spec("pulumi_aws")
    assert spec is not None
    assert spec.origin is not None
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    tree = ast.parse((Path(spec.origin).parent / module / f"{snake}.py").read_text())
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                if ast.unparse(decorator).startswith("pulumi.getter"):
                    given = re.search(r"name='(\w+)'", ast.unparse(decorator))
                    names.add(given.group(1) if given else node.name)
    return frozenset(names)


@pytest.mark.parametrize("token", TOKENS)
def test_every_property_is_one_of_the_real_provider(token: str) -> None:
    ours = set(resource_type(token).properties) - {name for at, name in ONLY_HERE if at == token}
    assert ours <= sdk_names(token)


@pytest.mark.parametrize("token", [token for token in TOKENS if resource_type(token).cfn])
def test_what_cloudformation_replaces_is_replaced_or_says_why_not(token: str) -> None:
    create_only = schema.create_only(resource_type(token).cfn or "")
    silent = {
        name
        for name, prop in resource_type(token).properties.items()
        if prop.api in create_only and not prop.output and not (prop.replaces or prop.in_place)
    }
    assert not silent


@pytest.mark.parametrize("token", [token for token in TOKENS if resource_type(token).cfn])
def test_a_replacement_that_cites_the_registry_stands_in_it(token: str) -> None:
    create_only = schema.create_only(resource_type(token).cfn or "")
    for name, prop in resource_type(token).properties.items():
        if prop.replaces and "registry schema" in prop.replaces:
            assert prop.api in create_only, name


@pytest.mark.parametrize("token", TOKENS)
def test_a_type_is_bound_or_says_why_it_is_in_the_ledger_only(token: str) -> None:
    bound = any(prop.bound for prop in resource_type(token).properties.values())
    assert bound != bool(resource_type(token).ledger_only)


def test_every_bound_attribute_that_can_change_is_changed_by_a_test() -> None:
    changeable = {
        (token, name)
        for token in TOKENS
        for name, prop in resource_type(token).properties.items()
        if prop.bound and not prop.replaces and not prop.irreversible and not prop.output
    }
    assert changeable == set(CHANGES)
