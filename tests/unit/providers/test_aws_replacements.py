"""Which changes make a new resource: asked of the real servicer, expected by other sources.

The aws provider's own tables are compared with independent sources: createOnly in the
registry schemas that cfn-lint ships, and what terraform-provider-aws calls ForceNew, which was read
off and is kept in force_new.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from policy.changes import STATEFUL
from sandbox.providers.aws import schema
from sandbox.providers.aws.__main__ import RESOURCE_TYPES
from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.resource_type import ResourceType
from sandbox.providers.wire import UNKNOWN, Properties
from tests.estate.fake_provider import fake_provider
from tests.estate.other_values import OTHERS
from tests.sandbox.providers.engine_client import Engine, Live

Estate = tuple[Engine, dict[str, Live]]
FACTS: Mapping[str, Mapping[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "force_new.yaml").read_text("utf-8")
)
IN_PLACE = {
    ("aws:rds/eventSubscription:EventSubscription", "snsTopic"): "ModifyEventSubscription takes it",
    ("aws:rds/instance:Instance", "identifier"): "an instance is renamed; its resource id stays",
    ("aws:rds/instance:Instance", "dbSubnetGroupName"): "ModifyDBInstance moves it within its VPC",
}
"""What CloudFormation replaces and the provider updates, and by what."""


def resource_type(token: str) -> AwsResourceType:
    return cast(AwsResourceType, RESOURCE_TYPES[token])


def of_the_registry(token: str) -> set[str]:
    """The inputs that CloudFormation would replace the resource for."""
    create_only = (
        schema.create_only(resource_type(token).cfn or "")
        if resource_type(token).cfn
        else frozenset()
    )
    return {
        name
        for name in resource_type(token).inputs
        if resource_type(token).properties[name].api in create_only
    }


def of_the_provider(token: str) -> set[str]:
    return set(FACTS.get(token, {}).get("force_new", ()))


def of_the_table(token: str) -> set[str]:
    return {
        name
        for name in resource_type(token).inputs
        if resource_type(token).properties[name].replaces
    }


REFUSED = {
    ("aws:lb/loadBalancer:LoadBalancer", "loadBalancerType"): "application",
}
"""What has one value in the sandbox: another is refused before anything is compared."""
REPLACED = sorted(
    (token, name)
    for token in RESOURCE_TYPES
    for name in of_the_registry(token) | of_the_provider(token) | of_the_table(token)
    if (token, name) not in IN_PLACE and (token, name) not in REFUSED
)


RULES = (
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
)
VPC = "aws:ec2/vpc:Vpc"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
HOST = "aws:ec2/instance:Instance"
GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
ROOT = {"volumeSize": 20, "volumeType": "gp3", "encrypted": True}
VALKEY = {"engine": "valkey", "engineVersion": "7.2"}
CONDITIONS: list[tuple[str, Properties, Properties, set[str]]] = [
    (HOST, {}, {"userData": "#!/bin/sh"}, set()),
    (HOST, {}, {"userData": "#!/bin/sh", "userDataReplaceOnChange": True}, {"userData"}),
    (HOST, {}, {"rootBlockDevice": ROOT | {"volumeSize": 30}}, set()),
    (HOST, {}, {"rootBlockDevice": ROOT | {"encrypted": False}}, {"rootBlockDevice"}),
    (HOST, {}, {"rootBlockDevice": ROOT | {"kmsKeyId": "other"}}, {"rootBlockDevice"}),
    *((rule, {}, {"cidrIpv4": "10.8.0.0/16"}, set()) for rule in RULES),
    *((rule, {}, {"referencedSecurityGroupId": "sg-other"}, set()) for rule in RULES),
    *(
        (
            rule,
            {},
            {"cidrIpv4": None, "referencedSecurityGroupId": "sg-other"},
            {"cidrIpv4", "referencedSecurityGroupId"},
        )
        for rule in RULES
    ),
    (VPC, {}, {"instanceTenancy": "dedicated"}, {"instanceTenancy"}),
    (VPC, {"instanceTenancy": "dedicated"}, {"instanceTenancy": "default"}, set()),
    (BALANCER, {"subnets": ["a", "b"]}, {"subnets": ["a", "b", "c"]}, set()),
    (BALANCER, {"subnets": ["a", "b"]}, {"subnets": ["a", "c"]}, {"subnets"}),
    (BALANCER, {"subnets": ["a", "b"]}, {"subnets": ["a"]}, {"subnets"}),
    (BALANCER, {"subnets": ["a", "b"]}, {"subnets": [UNKNOWN]}, set()),
    (BALANCER, {"securityGroups": ["a"]}, {"securityGroups": ["b"]}, set()),
    (BALANCER, {"securityGroups": ["a"]}, {"securityGroups": []}, {"securityGroups"}),
    (BALANCER, {"securityGroups": []}, {"securityGroups": ["a"]}, {"securityGroups"}),
    (GROUP, {}, VALKEY, set()),
    (GROUP, VALKEY, {"engine": "redis", "engineVersion": "7.1"}, {"engine", "engineVersion"}),
    (GROUP, {}, {"engineVersion": "7.0"}, {"engineVersion"}),
    (GROUP, {"engineVersion": "7.0"}, {"engineVersion": "7.1"}, set()),
    (GROUP, {}, {"transitEncryptionEnabled": False}, set()),
    (
        GROUP,
        {"engineVersionActual": "6.2.6"},
        {"transitEncryptionEnabled": False},
        {"transitEncryptionEnabled"},
    ),
]
"""Replaced on a condition: the type, what is otherwise before, the change, what of it replaces."""


@pytest.fixture(scope="module")
def paper() -> Estate:
    return fake_provider()


def changed(
    paper: Estate, token: str, change: Properties, before: Properties | None = None
) -> tuple[set[str], set[str]]:
    """The properties that a change touches, and those that it replaces the resource for."""
    engine, made = paper
    given = {name for name, value in change.items() if value is None} or change.keys()
    of_type = [live for live in made.values() if live.token == token]
    live = next((live for live in of_type if given <= live.inputs.keys()), of_type[0])
    old = before or {}
    inputs = {name: old.get(name, value) for name, value in live.inputs.items()}
    live = replace(live, inputs=inputs, state={**live.state, **old})
    wanted = {name: value for name, value in {**inputs, **change}.items() if value is not None}
    touched, replaced = engine.diff(live, wanted)
    return {top(path) for path in touched}, {top(path) for path in replaced}


def top(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


def other(paper: Estate, token: str, name: str) -> Properties:
    """A change of one property to another valid value."""
    if name == "region":
        return {name: "eu-west-1"}
    listed = OTHERS.get(token, {}).get(name)
    if listed is not None:
        return listed if isinstance(listed, dict) and name in listed else {name: listed}
    values = [live.inputs.get(name) for live in paper[1].values() if live.token == token]
    return {name: another(next(value for value in values if value is not None))}


def another(value: Any) -> Any:
    """For names, ids, numbers and switches, whose values need no list."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    assert isinstance(value, str), "tests/estate/other_values.py has to say another value"
    return f"{value}x"


def short(value: Any) -> str:
    return value.rpartition(":")[2] if isinstance(value, str) else ""


@pytest.mark.parametrize(("token", "name"), REPLACED, ids=short)
def test_a_change_that_needs_a_new_resource_is_a_replacement(
    paper: Estate, token: str, name: str
) -> None:
    _, replaced = changed(paper, token, other(paper, token, name))
    assert name in replaced


@pytest.mark.parametrize(("token", "name"), IN_PLACE, ids=short)
def test_what_only_cloudformation_replaces_is_an_update(
    paper: Estate, token: str, name: str
) -> None:
    assert changed(paper, token, other(paper, token, name)) == ({name}, set())


@pytest.mark.parametrize(("token", "before", "change", "expected"), CONDITIONS, ids=short)
def test_what_is_replaced_on_a_condition_is_so_on_that_condition_only(
    paper: Estate, token: str, before: Properties, change: Properties, expected: set[str]
) -> None:
    touched, replaced = changed(paper, token, change, before)
    assert touched >= change.keys() - {"userDataReplaceOnChange"}
    assert replaced == expected


def test_every_condition_is_tried() -> None:
    assert {token for token, *_ in CONDITIONS} == {
        token
        for token in RESOURCE_TYPES
        if type(resource_type(token)).forces is not ResourceType.forces
    }
    recorded = {(token, name) for token in FACTS for name in FACTS[token].get("sometimes", ())}
    tried = {(token, name) for token, *_, names in CONDITIONS for name in names}
    assert {(token, name) for token, name in tried if token in FACTS} == recorded


@pytest.mark.parametrize(("token", "name"), REFUSED, ids=short)
def test_what_the_sandbox_has_one_value_of_is_refused_with_another(
    paper: Estate, token: str, name: str
) -> None:
    engine, made = paper
    live = next(live for live in made.values() if live.token == token)
    _, failures = engine.check(token, {**live.inputs, name: REFUSED[token, name]})
    assert name in failures


# --- the tables against both sources


@pytest.mark.parametrize("token", FACTS)
def test_what_is_replaced_is_what_the_provider_and_the_registry_say(token: str) -> None:
    in_place = {name for at, name in IN_PLACE if at == token}
    expected = (of_the_provider(token) | of_the_registry(token)) - in_place
    assert of_the_table(token) - {"region"} == expected


def test_the_provider_is_asked_of_all_data_and_of_all_that_the_registry_does_not_say() -> None:
    data = {token for token in STATEFUL if token.startswith("aws:")}
    unsaid = {
        token
        for token in RESOURCE_TYPES
        if of_the_table(token) - {"region"} - of_the_registry(token)
    }
    assert data | unsaid | {token for token, _ in IN_PLACE} <= FACTS.keys()


def test_what_the_tables_call_an_update_is_what_only_the_registry_replaces() -> None:
    in_place = {
        (token, name): prop.in_place
        for token in RESOURCE_TYPES
        for name, prop in resource_type(token).properties.items()
        if prop.in_place
    }
    assert in_place.keys() == IN_PLACE.keys()
    assert all(name in of_the_registry(token) for token, name in IN_PLACE)
    assert not any(name in of_the_provider(token) for token, name in IN_PLACE)


def test_no_update_cites_a_source_of_replacements() -> None:
    sources = [
        prop.in_place
        for token in RESOURCE_TYPES
        for prop in resource_type(token).properties.values()
    ]
    for source in filter(None, sources):
        assert "ForceNew" not in source
        assert "createOnly" not in source
