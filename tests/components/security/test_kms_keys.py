"""Policies of KMS keys and SNS topics: the allowed services, and nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from components.scope import StackScope
from components.security import iam_policies
from components.security.kms_keys import NETWORK_PURPOSES, PURPOSES, RECOVERY_PURPOSES
from tests.components.recording import ROOT, RecordedResource, Run, run_program

SCOPE = StackScope("nexusflow-test", "123456789012", "us-east-1")
KEY = "aws:kms/key:Key"


@pytest.fixture(scope="module", params=["production", "staging"])
def main(request: pytest.FixtureRequest) -> Run:
    return run_program(ROOT, str(request.param))


def key_statements(run: Run) -> Iterator[tuple[str, dict[str, Any]]]:
    for key in run.all(KEY):
        for statement in json.loads(key.inputs["policy"])["Statement"]:
            yield key.name, statement


def encrypted_with(resource: RecordedResource) -> str:
    key = resource.inputs.get("kmsKeyId") or resource.inputs.get("kmsMasterKeyId")
    return str(key).rpartition("/")[2]


def test_every_purpose_has_a_rotating_key_of_its_own_with_an_alias(main: Run) -> None:
    keys, aliases = main.all(KEY), main.all("aws:kms/alias:Alias")
    assert {key.name for key in keys} == {
        *(f"keys-{purpose}" for purpose in PURPOSES),
        *(f"backups-{purpose}" for purpose in RECOVERY_PURPOSES),
    }
    assert all(key.inputs["enableKeyRotation"] for key in keys)
    assert {alias.inputs["targetKeyId"] for alias in aliases} == {key.name for key in keys}


def test_each_kind_of_data_is_encrypted_with_the_key_of_its_purpose(main: Run) -> None:
    purposes = {
        "aws:secretsmanager/secret:Secret": "keys-secrets",
        "aws:cloudwatch/logGroup:LogGroup": "keys-logs",
        "aws:sns/topic:Topic": "keys-notifications",
        "aws:elasticache/replicationGroup:ReplicationGroup": "keys-redis",
    }
    for token, key in purposes.items():
        assert {encrypted_with(resource) for resource in main.all(token)} == {key}


def test_keys_of_what_outlives_the_stack_are_retained_and_no_others(main: Run) -> None:
    retained = {key.name for key in main.all(KEY) if key.request.retainOnDelete}
    of_the_backups = {"keys-backups", "backups-recovery"}
    assert retained == {"keys-postgres", "keys-redis", "keys-clickhouse", *of_the_backups}


def test_the_account_keeps_the_administration_of_every_key(main: Run) -> None:
    administered = {
        key
        for key, statement in key_statements(main)
        if statement["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
        and statement["Action"] == "kms:*"
    }
    assert administered == {key.name for key in main.all(KEY)}


def test_no_key_policy_allows_everybody(main: Run) -> None:
    for _, statement in key_statements(main):
        assert "*" not in statement["Principal"].values()
        assert statement["Principal"] != "*"


def test_key_policies_allow_services_only_where_they_need_the_key(main: Run) -> None:
    ingress_sources: dict[str, set[str]] = {}
    for key, statement in key_statements(main):
        if "Service" in statement["Principal"]:
            ingress_sources.setdefault(key, set()).add(statement["Principal"]["Service"])
    assert ingress_sources == {
        "keys-logs": {"logs.us-east-1.amazonaws.com"},
        "keys-notifications": {
            "events.rds.amazonaws.com",
            "cloudwatch.amazonaws.com",
            "events.amazonaws.com",
            "backup.amazonaws.com",
        },
    }


def test_a_service_uses_a_key_for_this_account_only(main: Run) -> None:
    for _, statement in key_statements(main):
        service = statement["Principal"].get("Service")
        if service and service not in {*iam_policies.WITHOUT_SOURCE, iam_policies.BACKUP}:
            assert "123456789012" in json.dumps(statement["Condition"])


def test_every_publisher_to_a_topic_may_use_its_key(main: Run) -> None:
    encrypts = {
        statement["Principal"].get("Service")
        for key, statement in key_statements(main)
        if key == "keys-notifications" and "kms:GenerateDataKey*" in statement["Action"]
    }
    publishers = {
        policy.name: {
            statement["Principal"]["Service"]
            for statement in json.loads(policy.inputs["policy"])["Statement"]
        }
        for policy in main.all("aws:sns/topicPolicy:TopicPolicy")
    }
    assert publishers == {
        "alarm-topics-warning": set(iam_policies.NOTIFIERS),
        "alarm-topics-critical": set(iam_policies.NOTIFIERS),
    }
    assert set().union(*publishers.values()) <= encrypts


def test_no_key_policy_has_two_statements_of_one_sid() -> None:
    for purpose in (*PURPOSES.values(), *NETWORK_PURPOSES.values(), *RECOVERY_PURPOSES.values()):
        names = [statement["Sid"] for statement in purpose.service_statements(SCOPE)]
        assert len(names) == len(set(names))


def test_eventbridge_is_allowed_without_a_source_account_condition() -> None:
    policy = iam_policies.topic_policy(SCOPE, "arn:aws:sns:::t", iam_policies.NOTIFIERS)
    statements = json.loads(policy)["Statement"]
    unconditional = {s["Principal"]["Service"] for s in statements if "Condition" not in s}
    assert unconditional == {"events.amazonaws.com"}
