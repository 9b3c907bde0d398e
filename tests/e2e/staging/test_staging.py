"""Staging as built: the bastion task, the secrets' policies, the policy pack over all of it,
and a ClickHouse host that is replaced."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import boto3
import pytest
import yaml

from engine import checkpoint
from policy.rules import RULES
from tests.e2e.checkout import Checkout, Finished

ENVIRONMENT = "staging"
STACK_FILE = "Pulumi.staging.yaml"
WAIVERS = "policy/waivers.yaml"
ANOTHER_IMAGE = "ami-0fedcba9876543210"


@pytest.fixture
def outputs(staging: Checkout) -> Mapping[str, Any]:
    return checkpoint.outputs(checkpoint.deployment(staging.paths(ENVIRONMENT), "nexusflow"))


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1")


def test_a_person_starts_the_task_with_what_the_outputs_name(outputs: Mapping[str, Any]) -> None:
    bastion = outputs["bastion"]
    placed = {
        "subnets": bastion["subnet_ids"],
        "securityGroups": [bastion["security_group_id"]],
        "assignPublicIp": "DISABLED",
    }
    answer = client("ecs").run_task(
        cluster=bastion["cluster"],
        taskDefinition=bastion["task_definition"],
        launchType="FARGATE",
        enableExecuteCommand=True,
        networkConfiguration={"awsvpcConfiguration": placed},
    )
    assert not answer["failures"]
    (task,) = answer["tasks"]
    assert task["clusterArn"].endswith(f"/{bastion['cluster']}")
    client("ecs").stop_task(cluster=bastion["cluster"], task=task["taskArn"])


def test_nothing_runs_the_task_by_itself(outputs: Mapping[str, Any]) -> None:
    cluster = outputs["bastion"]["cluster"]
    assert client("ecs").list_services(cluster=cluster)["serviceArns"] == []


def test_the_audit_log_is_there_and_encrypted(outputs: Mapping[str, Any]) -> None:
    name = outputs["bastion"]["log_group"]
    (group,) = client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert group["kmsKeyId"]
    assert group["retentionInDays"] == 365


def test_every_secret_of_the_environment_is_closed_to_strangers(outputs: Mapping[str, Any]) -> None:
    secrets = client("secretsmanager")
    listed = [secret["ARN"] for secret in secrets.list_secrets()["SecretList"]]
    assert outputs["certificates"]["issued"]["pgbouncer"]["secret_arn"] in listed
    for arn in listed:
        policy = json.loads(secrets.get_resource_policy(SecretId=arn)["ResourcePolicy"])
        (statement,) = policy["Statement"]
        assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
        let_through = statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
        assert "arn:aws:iam::123456789012:root" in let_through


def told_by_the_pack(finished: Finished) -> set[tuple[str, str]]:
    """Rules and resources, as the engine's own events of policies name them."""
    rules = {rule.id for rule in RULES}
    return {
        (rule, (diagnostic["urn"] or "").rpartition("::")[2])
        for diagnostic in finished.document["diagnostics"]
        if (rule := diagnostic["message"].partition(": ")[0]) in rules
    }


def test_the_pack_has_nothing_to_say_of_the_estate_until_a_waiver_is_missing(
    staging: Checkout,
) -> None:
    def previewed() -> Finished:
        return staging.sandbox("preview", "--with-pack", env=ENVIRONMENT)

    clean = previewed()
    assert clean.code == 0, clean.stdout + clean.stderr
    assert clean.document["violations"] == []
    assert told_by_the_pack(clean) == set()

    file = staging.root / WAIVERS
    left = [each for each in yaml.safe_load(file.read_text())["waivers"] if each["rule"] != "RDS.5"]
    before = staging.edit(WAIVERS, waivers=left)
    refused = previewed()
    file.write_text(before)
    assert refused.code != 0
    assert told_by_the_pack(refused) == {("RDS.5", "postgres")}


@pytest.mark.exhaustive(
    example="tests/e2e/staging/test_drift_command.py::test_a_clean_environment_has_no_findings_again_and_again"
)
def test_a_new_image_replaces_the_clickhouse_host_which_gets_its_volume_back(
    staging: Checkout, outputs: Mapping[str, Any]
) -> None:
    ((name, before),) = outputs["clickhouse"]["hosts"].items()
    staging.edit(STACK_FILE, **{"config/nexusflow:clickhouse/ami": ANOTHER_IMAGE})
    replaced = staging.up(ENVIRONMENT).document
    after = replaced["outputs"]["clickhouse"]["hosts"][name]
    assert after["instance_id"] != before["instance_id"]
    assert after["volume_id"] == before["volume_id"]
    assert replaced["violations"] == []
    ec2 = client("ec2")
    (volume,) = ec2.describe_volumes(VolumeIds=[after["volume_id"]])["Volumes"]
    attached = [(each["InstanceId"], each["State"]) for each in volume["Attachments"]]
    assert attached == [(after["instance_id"], "attached")]
    assert staging.sandbox("preview", env=ENVIRONMENT).changed == {}
