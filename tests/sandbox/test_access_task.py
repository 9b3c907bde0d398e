"""The access task and the secrets' policies in the sandbox: started as a person would start it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.sandbox.checkout import Checkout

ENVIRONMENT = "staging"


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    checkout = Checkout.copy_to(tmp_path_factory.mktemp("access") / "project")
    outputs = checkout.up(ENVIRONMENT).document["outputs"]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in checkout.exports(ENVIRONMENT).items():
            if name.startswith("AWS_"):
                patch.setenv(name, value)
        yield outputs
    assert checkout.sandbox("down", env=ENVIRONMENT).code == 0


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1")


def test_a_person_starts_the_task_with_what_the_outputs_name(outputs: dict[str, Any]) -> None:
    access = outputs["access_task"]
    placed = {
        "subnets": access["subnet_ids"],
        "securityGroups": [access["security_group_id"]],
        "assignPublicIp": "DISABLED",
    }
    answer = client("ecs").run_task(
        cluster=access["cluster"],
        taskDefinition=access["task_definition"],
        launchType="FARGATE",
        enableExecuteCommand=True,
        networkConfiguration={"awsvpcConfiguration": placed},
    )
    assert not answer["failures"]
    (task,) = answer["tasks"]
    assert task["clusterArn"].endswith(f"/{access['cluster']}")
    client("ecs").stop_task(cluster=access["cluster"], task=task["taskArn"])


def test_nothing_runs_the_task_by_itself(outputs: dict[str, Any]) -> None:
    cluster = outputs["access_task"]["cluster"]
    assert client("ecs").list_services(cluster=cluster)["serviceArns"] == []


def test_the_audit_log_is_there_and_encrypted(outputs: dict[str, Any]) -> None:
    name = outputs["access_task"]["log_group"]
    (group,) = client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert group["kmsKeyId"]
    assert group["retentionInDays"] == 365


def test_every_secret_of_the_environment_is_closed_to_strangers(outputs: dict[str, Any]) -> None:
    secrets = client("secretsmanager")
    listed = [secret["ARN"] for secret in secrets.list_secrets()["SecretList"]]
    assert outputs["certificates"]["issued"]["pgbouncer"]["secret_arn"] in listed
    for arn in listed:
        policy = json.loads(secrets.get_resource_policy(SecretId=arn)["ResourcePolicy"])
        (statement,) = policy["Statement"]
        assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
        let_through = statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
        assert "arn:aws:iam::123456789012:root" in let_through
