"""The calls of the aws provider's tables, and the spelling of values for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import jmespath
import pytest

from sandbox.providers.aws import shapes, tags
from sandbox.providers.aws.__main__ import RESOURCE_TYPES
from sandbox.providers.aws.compare import document, without_unset
from sandbox.providers.aws.expressions import search
from sandbox.providers.aws.operations import Operation, Scope
from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.aws.row import row
from sandbox.providers.aws.session import Aws, Connection

TOKENS = sorted(RESOURCE_TYPES)
AWS = Aws(Connection("http://127.0.0.1:9", "123456789012"), "us-east-1", {})


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


def operations(resource_type: AwsResourceType) -> Iterator[Operation]:
    """Every call that a row makes."""
    found = resource_type.row
    rules = (*found.ready, *found.update, *found.delete)
    calls = [found.create, found.read, *(prop.call for prop in found.properties.values())]
    for rule in rules:
        calls += [rule.call, rule.unset, rule.items, *rule.lists.values()]
    if found.tags:
        calls += [found.tags.read]
        if "s3" not in found.service:  # buckets set tags by code
            calls += [found.tags.tag, found.tags.untag]
    yield from (call for call in calls if call)


def scope(service: str, **values: Any) -> Scope:
    return Scope(AWS, service, values, {})


@pytest.mark.parametrize("token", TOKENS)
def test_every_call_of_a_row_is_one_of_boto3_with_valid_expressions(token: str) -> None:
    resource_type = cast(AwsResourceType, RESOURCE_TYPES[token])
    client = AWS.client(resource_type.service)
    for call in operations(resource_type):
        shapes.operation(client, call.method)
        for expression in filter(None, (call.arguments, call.answer)):
            jmespath.compile(expression)
    for prop in resource_type.properties.values():
        for expression in filter(None, (prop.read, prop.send, prop.same_by)):
            jmespath.compile(expression)


def test_a_key_that_no_table_has_is_refused_with_its_name() -> None:
    stated = {"inputs": {"name": None}, "creat": "create_vpc"}
    with pytest.raises(TypeError, match="creat"):
        row("aws:ec2/vpc:Vpc", "ec2", {}, stated)


@pytest.mark.parametrize(
    ("api", "ours"),
    [
        ("KMSMasterKeyID", "kmsMasterKeyId"),
        ("DBSubnetGroupName", "dbSubnetGroupName"),
        ("MultiAZ", "multiAz"),
        ("VPCs", "vpcs"),
        ("ARN", "arn"),
        ("awsvpcConfiguration", "awsvpcConfiguration"),
    ],
)
def test_names_of_the_api_become_the_providers(api: str, ours: str) -> None:
    assert shapes.camel(api) == ours


def test_structures_are_renamed_at_any_depth_and_keys_of_maps_are_not() -> None:
    model = shapes.operation(AWS.client("ecs"), "register_task_definition")
    ours = {"family": "a", "containerDefinitions": [{"dockerLabels": {"Some-Key": "x"}}]}
    sent = shapes.to_api({**ours, "cpu": None}, model.input_shape)
    assert sent == ours
    rule = {
        "applyServerSideEncryptionByDefault": {"kmsMasterKeyId": "k", "sseAlgorithm": "aws:kms"}
    }
    shape = shapes.operation(AWS.client("s3"), "put_bucket_encryption").input_shape
    wanted = {"serverSideEncryptionConfiguration": {"rules": [rule]}}
    assert shapes.to_api(wanted, shape) == {
        "ServerSideEncryptionConfiguration": {
            "Rules": [
                {
                    "ApplyServerSideEncryptionByDefault": {
                        "KMSMasterKeyID": "k",
                        "SSEAlgorithm": "aws:kms",
                    }
                }
            ]
        }
    }
    assert shapes.to_provider(shapes.to_api(wanted, shape), shape) == wanted


@pytest.mark.parametrize(
    ("service", "method", "noun", "expected"),
    [
        ("rds", "create_db_instance", None, {"Tags": [{"Key": "a", "Value": "b"}]}),
        ("kms", "create_key", None, {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
        ("ecs", "create_service", None, {"tags": [{"key": "a", "value": "b"}]}),
        ("backup", "create_backup_vault", None, {"BackupVaultTags": {"a": "b"}}),
        (
            "ec2",
            "create_vpc",
            "vpc",
            {"TagSpecifications": [{"ResourceType": "vpc", "Tags": [{"Key": "a", "Value": "b"}]}]},
        ),
    ],
)
def test_tags_take_the_form_of_the_call_that_carries_them(
    service: str, method: str, noun: str | None, expected: dict[str, Any]
) -> None:
    assert tags.arguments(scope(service), method, {"a": "b"}, noun) == expected


@pytest.mark.parametrize(
    "found",
    [
        [{"key": "a", "value": "b"}, {"key": "aws:x", "value": "y"}],
        [{"tagKey": "a", "tagValue": "b"}],
        {"a": "b"},
    ],
)
def test_tags_are_read_as_a_mapping_without_those_of_aws(found: Any) -> None:
    assert tags.mapping(found) == {"a": "b"}
    assert tags.mapping(None) == {}


def test_a_filter_of_an_answer_may_ask_for_the_resources_own_properties() -> None:
    answer = {"aliases": [{"name": "a"}, {"name": "b", "key": "k"}]}
    assert search("aliases[?name == given('id')] | [0].key", answer, {"id": "b"}) == "k"


def test_documents_are_equal_however_they_are_written() -> None:
    one = '{"Statement": [{"Action": ["s3:Get"], "Resource": ["b", "a"]}]}'
    other = '{"Statement": {"Resource": ["a", "b"], "Action": "s3:Get"}}'
    assert document(one) == document(other)


def test_members_that_are_unset_say_nothing() -> None:
    assert without_unset({"a": None, "b": [{"c": False, "d": 1}], "e": {}}) == {"b": [{"d": 1}]}
