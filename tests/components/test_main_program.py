"""The main program, run with its own stack files against a recording engine."""

from __future__ import annotations

import re

import pytest

from tests.components.recording import (
    REPOSITORY,
    ROOT,
    RecordedResource,
    Run,
    run_program,
    stack_config,
)

ENVIRONMENTS = ("production", "staging")
INSTANCE = "aws:rds/instance:Instance"
ROLE = "postgresql:index/role:Role"
ROLES = ("nexusflow_app", "nexusflow_readonly", "nexusflow_admin")
SECRET_VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
PROTECTED = {
    INSTANCE,
    "aws:backup/vault:Vault",
    "aws:elasticache/replicationGroup:ReplicationGroup",
    "aws:kms/key:Key",
    "postgresql:index/database:Database",
    "aws:ebs/volume:Volume",
    "aws:s3/bucket:Bucket",
    "aws:lb/loadBalancer:LoadBalancer",
}


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def main(environment: str) -> Run:
    return run_program(ROOT, environment)


@pytest.fixture(scope="module")
def instance(main: Run) -> RecordedResource:
    return main.one(INSTANCE, "postgres")


def test_the_instance_has_the_documented_sizes(
    environment: str, instance: RecordedResource
) -> None:
    documented = {
        "production": ("db.r6g.xlarge", 500, 12_000, True),
        "staging": ("db.r6g.large", 100, None, False),  # 3,000 IOPS are given, never sent
    }
    inputs = instance.inputs
    capacity = tuple(
        inputs.get(key) for key in ("instanceClass", "allocatedStorage", "iops", "multiAz")
    )
    assert capacity == documented[environment]
    assert inputs["storageType"] == "gp3"
    assert inputs["identifier"] == f"nexusflow-{environment}"
    assert (inputs["engine"], inputs["engineVersion"]) == ("postgres", "15")
    assert inputs["backupRetentionPeriod"] == 7
    assert inputs["port"] == 5432
    assert "dbName" not in inputs


def test_the_instance_is_private_encrypted_and_patched(instance: RecordedResource) -> None:
    expected = {
        "storageEncrypted": True,
        "kmsKeyId": "arn:aws:kms:::key/keys-postgres",
        "publiclyAccessible": False,
        "copyTagsToSnapshot": True,
        "autoMinorVersionUpgrade": True,
        "iamDatabaseAuthenticationEnabled": True,
        "caCertIdentifier": "rds-ca-rsa2048-g1",
        "skipFinalSnapshot": False,
    }
    assert {key: instance.inputs[key] for key in expected} == expected


def test_resources_that_must_not_be_lost_are_protected_as_the_stack_file_says(
    environment: str, main: Run
) -> None:
    protected = {resource.token for resource in main.resources if resource.protected}
    assert protected == (PROTECTED if environment == "production" else set())
    assert main.one(INSTANCE, "postgres").inputs["deletionProtection"] is (
        environment == "production"
    )


def test_the_final_snapshot_and_the_secrets_end_in_random_suffixes(
    environment: str, main: Run, instance: RecordedResource
) -> None:
    assert instance.inputs["finalSnapshotIdentifier"] == f"nexusflow-{environment}-final-0a1b2c3d"
    names = [r.inputs["name"] for r in main.all("aws:secretsmanager/secret:Secret")]
    assert {name for name in names if "/postgres/" in name} == {
        f"nexusflow-{environment}/postgres/{login}-0a1b2c3d"
        for login in ("nexusflow_master", *ROLES)
    }
    secrets = {secret.name for secret in main.all("aws:secretsmanager/secret:Secret")}
    suffixes = {each.name for each in main.all("random:index/randomId:RandomId")}
    assert {f"{name}-name-suffix" for name in secrets} <= suffixes  # one for each
    keepers = main.one("random:index/randomId:RandomId", "postgres-name-suffix").inputs["keepers"]
    assert keepers == {"master": "nexusflow_master", "kms_key_arn": instance.inputs["kmsKeyId"]}


def test_the_provider_verifies_the_server_and_claims_no_superuser(main: Run) -> None:
    provider = main.one("pulumi:providers:postgresql").inputs
    assert provider["sslmode"] == "verify-full"
    assert provider["superuser"] == "false"
    assert "sslrootcert" not in provider


def test_resources_inside_the_server_use_its_provider_and_are_deleted_with_it(main: Run) -> None:
    inside = [*main.all(ROLE), main.one("postgresql:index/database:Database")]
    for request in (resource.request for resource in inside):
        assert "::database::" in request.provider
        assert request.deletedWith.endswith("Instance::postgres")


def test_the_database_states_encoding_and_collation(main: Run) -> None:
    inputs = main.one("postgresql:index/database:Database").inputs
    assert inputs["name"] == "nexusflow"
    assert (inputs["template"], inputs["encoding"]) == ("template0", "UTF8")
    assert (inputs["lcCollate"], inputs["lcCtype"]) == ("C", "C")


def test_the_parameter_group_has_its_family_in_its_name_and_the_documented_values(
    main: Run,
) -> None:
    group = main.one("aws:rds/parameterGroup:ParameterGroup", "postgres").inputs
    assert group["family"] == "postgres15"
    assert group["name"].endswith("-postgres15")
    rows = {row["name"]: (row["value"], row["applyMethod"]) for row in group["parameters"]}
    static, dynamic = "pending-reboot", "immediate"
    assert (
        rows.items()
        >= {
            "max_connections": ("200", static),
            "shared_buffers": ("524288", static),
            "effective_cache_size": ("1572864", dynamic),
            "work_mem": ("65536", dynamic),
            "maintenance_work_mem": ("1048576", dynamic),
            "random_page_cost": ("1.1", dynamic),
            "effective_io_concurrency": ("200", dynamic),
            "rds.force_ssl": ("1", static),
            "ssl_min_protocol_version": ("TLSv1.2", dynamic),
            "shared_preload_libraries": ("pg_stat_statements,auto_explain", static),
        }.items()
    )


def test_one_resource_owns_all_rules_of_the_security_group(main: Run) -> None:
    group = main.one("aws:ec2/securityGroup:SecurityGroup", "postgres-security-group")
    assert not {"ingress", "egress"} & group.inputs.keys()
    exclusive = "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive"
    owner = main.one(exclusive, "postgres-security-group")
    ingress_sources = ("pooler", "bastion", "servers")
    assert owner.inputs["ingressRuleIds"] == [
        f"sgr-in-postgres-security-group-from-{who}" for who in ingress_sources
    ]
    assert owner.inputs["egressRuleIds"] == ["sgr-out-postgres-security-group-to-servers"]
    rules = [
        r
        for r in main.resources
        if re.search(r"securityGroup(In|E)gressRule:", r.token)
        and r.parent == "postgres-security-group"
    ]
    assert len(rules) == 4
    for rule in rules:
        assert rule.inputs["description"]
        assert "cidrIpv4" not in rule.inputs
        assert (rule.inputs["fromPort"], rule.inputs["toPort"]) == (5432, 5432)


def test_the_instance_is_in_the_foundations_data_subnets(main: Run, environment: str) -> None:
    subnets = main.one("aws:rds/subnetGroup:SubnetGroup").inputs["subnetIds"]
    assert subnets == ["subnet-2a", "subnet-2b", "subnet-2c"]
    assert main.references == {"foundation": f"organization/nexusflow-foundation/{environment}"}


def test_the_network_may_be_configured_instead_of_referenced() -> None:
    config = stack_config(ROOT, "staging")
    config["nexusflow:network"] = {
        "vpc_id": "vpc-99",
        "vpc_cidr": "10.99.0.0/16",
        "data_subnet_ids": ["subnet-9a", "subnet-9b"],
        "private_subnet_ids": ["subnet-8a", "subnet-8b"],
        "repository_url": REPOSITORY,
        "availability_zones": ["us-east-1a", "us-east-1b"],
        "packages_bucket": "our-packages",
    }
    run = run_program(ROOT, "staging", config)
    assert run.references == {}
    assert run.one("aws:rds/subnetGroup:SubnetGroup").inputs["subnetIds"] == [
        "subnet-9a",
        "subnet-9b",
    ]
    assert run.outputs["vpc_id"] == "vpc-99"


def test_every_secret_version_sets_its_stage(main: Run) -> None:
    """Else a value that is put by hand, and takes the stage, is no difference."""
    for version in main.all(SECRET_VERSION):
        assert version.inputs["versionStages"] == ["AWSCURRENT"]
