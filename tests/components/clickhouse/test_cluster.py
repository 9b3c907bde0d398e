"""The ClickHouse cluster as registered: hosts, volumes, security groups, secrets, backups."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from tests.components.recording import ROOT, RecordedResource, Run, run_program, stack_config
from tests.unit.clickhouse import cloud_init

INSTANCE, VOLUME = "aws:ec2/instance:Instance", "aws:ebs/volume:Volume"
HOSTS = {
    "production": ["clickhouse-1-1", "clickhouse-1-2", "clickhouse-keeper-3"],
    "staging": ["clickhouse-1-1"],
}


@pytest.fixture(scope="module", params=["production", "staging"])
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def main(environment: str) -> Run:
    return run_program(ROOT, environment)


@pytest.fixture(scope="module")
def production() -> Run:
    return run_program(ROOT, "production")


def hosts(run: Run) -> list[RecordedResource]:
    return run.all(INSTANCE)


def test_the_hosts_are_those_of_the_environment(environment: str, main: Run) -> None:
    assert [host.name for host in hosts(main)] == HOSTS[environment]
    assert [volume.name for volume in main.all(VOLUME)] == [
        name for name in HOSTS[environment] if "keeper" not in name
    ]


def test_hosts_are_in_data_subnets_of_different_zones_without_public_addresses(
    production: Run,
) -> None:
    subnets = [host.inputs["subnetId"] for host in hosts(production)]
    assert subnets == ["subnet-2a", "subnet-2b", "subnet-2c"]
    assert {host.inputs["associatePublicIpAddress"] for host in hosts(production)} == {False}


def test_a_volume_is_in_the_availability_zone_of_its_host(production: Run) -> None:
    zones = [volume.inputs["availabilityZone"] for volume in production.all(VOLUME)]
    assert zones == ["us-east-1a", "us-east-1b"]
    for attachment in production.all("aws:ec2/volumeAttachment:VolumeAttachment"):
        assert attachment.inputs["instanceId"] == attachment.inputs["volumeId"]  # mocks' ids
        assert attachment.inputs["stopInstanceBeforeDetaching"] is True


def test_volumes_are_encrypted_gp3_and_protected_as_the_stack_file_says(
    environment: str, main: Run
) -> None:
    for volume in main.all(VOLUME):
        assert (volume.inputs["type"], volume.inputs["encrypted"]) == ("gp3", True)
        assert volume.inputs["kmsKeyId"] == "arn:aws:kms:::key/keys-clickhouse"
        assert volume.protected is (environment == "production")
        assert volume.inputs["tags"]["BackedUpBy"] == f"nexusflow-{environment}"
        assert volume.inputs["finalSnapshot"] is (environment == "production")


def test_a_host_requires_imdsv2_and_has_no_ssh_key(main: Run) -> None:
    for host in hosts(main):
        options = host.inputs["metadataOptions"]
        assert (options["httpTokens"], options["httpPutResponseHopLimit"]) == ("required", 1)
        assert "keyName" not in host.inputs
        assert host.inputs["rootBlockDevice"]["encrypted"] is True


def test_a_change_of_user_data_replaces_the_host_and_deletes_the_old_one_first(
    main: Run,
) -> None:
    for host in hosts(main):
        assert host.inputs["userDataReplaceOnChange"] is True
        assert host.request.deleteBeforeReplace is True


def test_hosts_are_created_one_after_the_other(production: Run) -> None:
    for before, component in zip(
        hosts(production),
        production.all("nexusflow:clickhouse:ClickhouseHost")[1:],
        strict=False,
    ):
        assert any(urn.endswith(f"::{before.name}") for urn in component.request.dependencies), (
            component.name
        )


def test_user_data_carries_no_secret(main: Run) -> None:
    for host in hosts(main):
        assert "Password-of" not in host.inputs["userData"]
        assert "Private-key-of" not in host.inputs["userData"]
        assert len(host.inputs["userData"].encode()) <= 16 * 1024


def test_cloud_init_accepts_the_user_data(main: Run) -> None:
    for host in hosts(main):
        assert host.inputs["userData"].startswith("#cloud-config\n")
        assert cloud_init.faults(yaml.safe_load(host.inputs["userData"])) == []


def rules(run: Run, direction: str) -> list[dict[str, Any]]:
    token = f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule"
    return [
        dict(rule.inputs)
        for rule in run.all(token)
        if rule.name.startswith("clickhouse-security-group")
    ]


def test_clients_reach_two_ports_of_data_nodes_and_none_of_keeper_nodes(main: Run) -> None:
    entering = rules(main, "Ingress")
    from_clients = [r for r in entering if r.get("referencedSecurityGroupId") == "clients-id"]
    assert {rule["fromPort"] for rule in from_clients} == {8443, 9440}
    assert {rule["securityGroupId"] for rule in from_clients} == {
        "clickhouse-security-group-hosts-id"
    }
    for host in hosts(main):
        groups = host.inputs["vpcSecurityGroupIds"]
        assert ("clickhouse-security-group-hosts-id" in groups) is ("keeper" not in host.name)


def test_only_nodes_reach_the_ports_between_nodes(main: Run) -> None:
    own = "clickhouse-security-group-nodes-id"
    among = [rule for rule in rules(main, "Ingress") if rule["securityGroupId"] == own]
    assert {rule["referencedSecurityGroupId"] for rule in among} == {own}
    assert {rule["fromPort"] for rule in among} == {9440, 9010, 9281, 9234}
    outside = [rule for rule in rules(main, "Egress") if "cidrIpv4" in rule]
    assert [(rule["fromPort"], rule["toPort"]) for rule in outside] == [(443, 443)]
    assert not [rule for rule in rules(main, "Ingress") if rule["fromPort"] == 22]


def test_a_host_has_least_privilege(main: Run, environment: str) -> None:
    attached = main.one("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "clickhouse-iam")
    assert attached.inputs["policyArn"].endswith("/AmazonSSMManagedInstanceCore")
    policy = json.loads(
        main.one("aws:iam/rolePolicy:RolePolicy", "clickhouse-iam").inputs["policy"]
    )
    allowed = {
        action: statement["Resource"]
        for statement in policy["Statement"]
        for action in statement["Action"]
    }
    assert not [action for action in allowed if "*" in action]
    assert allowed["secretsmanager:GetSecretValue"] == [
        "arn:aws:secretsmanager:::clickhouse-login-hosts",
        "arn:aws:secretsmanager:::tls-clickhouse",
    ]
    bucket = f"arn:aws:s3:::nexusflow-{environment}-events-123456789012"
    assert allowed["s3:ListBucket"] == [bucket]
    assert allowed["s3:DeleteObject"] == [f"{bucket}/*"]
    assert [action for action, on in allowed.items() if "*" in on] == ["cloudwatch:PutMetricData"]


def test_a_full_backup_outlives_the_incremental_backups_based_on_it(main: Run) -> None:
    lifecycle = main.one(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "clickhouse-backups"
    ).inputs
    days = {
        rule["filter"]["prefix"]: rule["expiration"]["days"]
        for rule in lifecycle["rules"]
        if "expiration" in rule
    }
    assert days["full/"] == days["incremental/"] + 7


def test_the_backups_are_encrypted_with_our_key(main: Run) -> None:
    encryption = main.one(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "clickhouse-backups",
    ).inputs
    default = encryption["rules"][0]["applyServerSideEncryptionByDefault"]
    assert default["kmsMasterKeyId"] == "arn:aws:kms:::key/keys-clickhouse"


def test_each_node_has_a_dns_name_and_data_nodes_share_one(environment: str, main: Run) -> None:
    records = {
        (record.inputs["name"], tuple(record.inputs["records"]))
        for record in main.all("aws:route53/record:Record")
        if "clickhouse" in record.name
    }
    own = {(f"{name}.nexusflow.internal", (f"{name}.ec2.internal",)) for name in HOSTS[environment]}
    shared = {
        ("clickhouse.nexusflow.internal", (f"{name}.ec2.internal",))
        for name in HOSTS[environment]
        if "keeper" not in name
    }
    assert records == own | shared


def test_a_certificate_covers_every_name_that_somebody_connects_to(
    environment: str, main: Run
) -> None:
    request = main.one("tls:index/certRequest:CertRequest", "tls-clickhouse").inputs
    names = ["clickhouse", *HOSTS[environment]]
    assert request["dnsNames"] == [*(f"{name}.nexusflow.internal" for name in names), "localhost"]


def test_each_login_has_a_secret_and_the_hosts_have_one_with_all_passwords(main: Run) -> None:
    token = "aws:secretsmanager/secretVersion:SecretVersion"
    login = json.loads(main.one(token, "clickhouse-login-app").inputs["secretString"])
    assert login == {
        "username": "nexusflow_app",
        "password": "Password-of-clickhouse-login-app.1",
        "engine": "clickhouse",
        "host": "clickhouse.nexusflow.internal",
        "port": 9440,
        "dbname": "analytics",
    }
    known = json.loads(main.one(token, "clickhouse-login-hosts").inputs["secretString"])
    assert set(known) == {"cluster", "interserver", "operations", "app", "admin"}


def test_the_stack_outputs_have_address_hosts_and_secrets(environment: str, main: Run) -> None:
    outputs = main.outputs["clickhouse"]
    assert outputs["address"] == "clickhouse.nexusflow.internal"
    assert sorted(outputs["hosts"]) == sorted(HOSTS[environment])
    assert outputs["hosts"]["clickhouse-1-1"] == {
        "instance_id": "clickhouse-1-1-id",
        "volume_id": "clickhouse-1-1-id",
    }
    assert set(outputs["secret_arns"]) == {"nexusflow_app", "nexusflow_admin"}
    assert not re.search(r"Password-of", json.dumps(outputs))


def test_adding_shards_renames_no_host() -> None:
    config = stack_config(ROOT, "production")
    config["nexusflow:clickhouse"]["shards"] = 2
    grown = {host.name for host in hosts(run_program(ROOT, "production", config))}
    assert grown == {*HOSTS["production"], "clickhouse-2-1", "clickhouse-2-2"}
