"""The primary and its replicas as registered: instances, parameter groups, DNS, monitoring."""

from __future__ import annotations

from typing import Any

import pytest

from tests.components.recording import ROOT, RecordedResource, Run, run_program, stack_config

INSTANCE = "aws:rds/instance:Instance"
GROUP = "aws:rds/parameterGroup:ParameterGroup"
RECORD = "aws:route53/record:Record"
OF_THE_SOURCE = {
    *("engine", "engineVersion", "username", "password", "kmsKeyId", "dbSubnetGroupName"),
    *("backupRetentionPeriod", "finalSnapshotIdentifier", "dbName"),
}
SIZES_A_STANDBY = (
    "max_connections",
    "max_worker_processes",
    "max_wal_senders",
    "max_prepared_transactions",
    "max_locks_per_transaction",
)


def environment(name: str, **postgres: Any) -> Run:
    config = stack_config(ROOT, name)
    config["nexusflow:postgres"] |= postgres
    return run_program(ROOT, name, config)


@pytest.fixture(scope="module")
def production() -> Run:
    return run_program(ROOT, "production")


@pytest.fixture(scope="module")
def staging() -> Run:
    return run_program(ROOT, "staging")


@pytest.fixture(scope="module", params=["production", "staging"])
def main(request: pytest.FixtureRequest) -> Run:
    return run_program(ROOT, str(request.param))


def replicas(run: Run) -> list[RecordedResource]:
    """In the order of their numbers, whatever order they were registered in."""
    found = [one for one in run.all(INSTANCE) if "replicateSourceDb" in one.inputs]
    return sorted(found, key=lambda one: one.name)


def rows(group: RecordedResource) -> dict[str, str]:
    return {row["name"]: row["value"] for row in group.inputs["parameters"]}


def test_production_has_two_replicas_of_its_primary_and_staging_none(
    production: Run, staging: Run
) -> None:
    assert [(one.name, one.inputs["identifier"]) for one in replicas(production)] == [
        ("postgres-replica-1", "nexusflow-production-replica-1"),
        ("postgres-replica-2", "nexusflow-production-replica-2"),
    ]
    sources = {one.inputs["replicateSourceDb"] for one in replicas(production)}
    assert sources == {"nexusflow-production"}
    assert replicas(staging) == []


def test_a_replica_sets_no_input_that_it_inherits_from_its_source(production: Run) -> None:
    for replica in replicas(production):
        assert not OF_THE_SOURCE & replica.inputs.keys()
        assert replica.inputs["skipFinalSnapshot"] is True
        assert replica.inputs["multiAz"] is False


def test_replicas_are_in_different_zones(production: Run) -> None:
    zones = [one.inputs["availabilityZone"] for one in replicas(production)]
    assert len(set(zones)) == len(zones) == len(replicas(production))


def test_more_replicas_than_zones_use_the_zones_in_turn() -> None:
    run = environment("production", replicas={"count": 4})
    zones = [one.inputs["availabilityZone"] for one in replicas(run)]
    assert zones == ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1a"]


def test_every_server_is_sized_protected_and_encrypted_alike(main: Run) -> None:
    shared = (
        *("instanceClass", "allocatedStorage", "iops", "storageType", "storageEncrypted"),
        *("deletionProtection", "maintenanceWindow", "caCertIdentifier", "port"),
        *("iamDatabaseAuthenticationEnabled", "autoMinorVersionUpgrade", "copyTagsToSnapshot"),
    )
    primary, *others = main.all(INSTANCE)
    assert primary.inputs["storageEncrypted"] is True
    for other in others:
        assert [other.inputs.get(key) for key in shared] == [
            primary.inputs.get(key) for key in shared
        ]
        assert other.protected == primary.protected


def test_no_server_has_a_public_address(main: Run) -> None:
    for server in main.all(INSTANCE):
        assert server.inputs["publiclyAccessible"] is False
        assert server.inputs["vpcSecurityGroupIds"] == ["postgres-security-group-id"]


def test_every_server_has_alarms(main: Run) -> None:
    for server in main.all(INSTANCE):
        assert server.inputs["monitoringInterval"] == 60
        assert (
            server.inputs["monitoringRoleArn"]
            == "arn:aws:iam:::role/postgres-monitoring-monitoring"
        )
        assert server.inputs["performanceInsightsEnabled"] is True
        assert server.inputs["performanceInsightsKmsKeyId"] == "arn:aws:kms:::key/keys-postgres"
        assert server.inputs["performanceInsightsRetentionPeriod"] == 7
        assert server.inputs["enabledCloudwatchLogsExports"] == ["postgresql", "upgrade"]


def test_the_log_groups_of_every_server_exist_before_it_writes_to_them(main: Run) -> None:
    groups = {
        group.inputs["name"]: group
        for group in main.all("aws:cloudwatch/logGroup:LogGroup")
        if group.inputs["name"].startswith("/aws/rds/")
    }
    for server in main.all(INSTANCE):
        for log in server.inputs["enabledCloudwatchLogsExports"]:
            group = groups.pop(f"/aws/rds/instance/{server.inputs['identifier']}/{log}")
            assert group.inputs["retentionInDays"] >= 30
            waited_for = [urn.rpartition("::")[2] for urn in server.request.dependencies]
            assert group.name in waited_for
    assert not groups


def test_replicas_have_a_parameter_group_of_their_own(production: Run, staging: Run) -> None:
    own, primary = production.one(GROUP, "postgres-replica"), production.one(GROUP, "postgres")
    assert own.inputs["name"] == "nexusflow-production-replicas-postgres15"
    assert {one.inputs["parameterGroupName"] for one in replicas(production)} == {
        own.inputs["name"]
    }
    assert rows(own) == rows(primary)
    assert [group.name for group in staging.all(GROUP)] == ["postgres"]


def test_parameters_of_replicas_may_exceed_those_of_the_primary() -> None:
    run = environment("production", replica_parameters={"max_connections": {"value": "250"}})
    assert rows(run.one(GROUP, "postgres"))["max_connections"] == "200"
    assert rows(run.one(GROUP, "postgres-replica"))["max_connections"] == "250"


def test_no_parameter_of_a_standby_is_below_the_primary(production: Run) -> None:
    primary = rows(production.one(GROUP, "postgres"))
    standby = rows(production.one(GROUP, "postgres-replica"))
    for name in SIZES_A_STANDBY:
        assert int(standby.get(name, 0)) >= int(primary.get(name, 0))


def test_automated_backups_outlive_a_deleted_production_instance(
    production: Run, staging: Run
) -> None:
    for run, deleted in ((production, False), (staging, True)):
        assert run.one(INSTANCE, "postgres").inputs["deleteAutomatedBackups"] is deleted


def test_storage_autoscales_only_if_a_maximum_is_configured() -> None:
    storage = {"allocated_gb": 500, "iops": 12000}
    assert "maxAllocatedStorage" not in environment("production").all(INSTANCE)[0].inputs
    run = environment("production", storage={**storage, "max_allocated_gb": 1000})
    assert {one.inputs["maxAllocatedStorage"] for one in run.all(INSTANCE)} == {1000}


def test_rds_events_are_those_of_this_environments_instances_and_parameter_groups(
    main: Run,
) -> None:
    subscriptions = {
        one.inputs["sourceType"]: one.inputs
        for one in main.all("aws:rds/eventSubscription:EventSubscription")
    }
    assert subscriptions.keys() == {"db-instance", "db-parameter-group"}
    of_instances = subscriptions["db-instance"]
    assert {"maintenance", "configuration change", "failure"} <= set(
        of_instances["eventCategories"]
    )
    servers = {one.inputs["identifier"] for one in main.all(INSTANCE)}
    assert set(of_instances["sourceIds"]) == servers
    of_groups = subscriptions["db-parameter-group"]
    assert of_groups["eventCategories"] == ["configuration change"]
    assert set(of_groups["sourceIds"]) == {one.inputs["name"] for one in main.all(GROUP)}
    assert {one["snsTopic"] for one in subscriptions.values()} == {
        "arn:aws:sns:::alarm-topics-warning"
    }


def records(run: Run) -> list[RecordedResource]:
    """Those of PostgreSQL; the other stores' tests own theirs."""
    return [
        each
        for each in run.all(RECORD)
        if each.inputs["name"].partition(".")[0] in ("postgres", "readers")
    ]


def names(run: Run) -> dict[tuple[str, str | None], list[str]]:
    return {
        (record.inputs["name"], record.inputs.get("setIdentifier")): record.inputs["records"]
        for record in records(run)
    }


def test_dns_names_resolve_to_the_primary_and_with_equal_weight_to_replicas(
    production: Run,
) -> None:
    prefix = "nexusflow-production"
    readers = "readers.nexusflow.internal"
    found = {name: to for name, to in names(production).items() if "clickhouse" not in name[0]}
    expected: dict[tuple[str, str | None], list[str]] = {
        (readers, f"replica-{number}"): [f"{prefix}-replica-{number}.example.internal"]
        for number, _ in enumerate(replicas(production), 1)
    }
    expected["postgres.nexusflow.internal", None] = [f"{prefix}.example.internal"]
    assert found == expected
    for record in records(production):
        weights = record.inputs.get("weightedRoutingPolicies")
        shared = "setIdentifier" in record.inputs
        assert weights == ([{"weight": 1}] if shared else None)


def test_without_replicas_the_readers_name_resolves_to_the_primary(staging: Run) -> None:
    assert names(staging)["readers.nexusflow.internal", "primary"] == [
        "nexusflow-staging.example.internal"
    ]


def test_the_zone_is_private_to_the_vpc(main: Run) -> None:
    zone = main.one("aws:route53/zone:Zone").inputs
    assert zone["name"] == "nexusflow.internal"
    assert zone["vpcs"] == [{"vpcId": "vpc-0a1b2c3d"}]


def test_clients_may_be_cidr_blocks_or_security_groups() -> None:
    config = stack_config(ROOT, "staging")
    config["nexusflow:allowed_clients"] = {"cidrs": ["10.40.0.0/16"], "security_groups": ["sg-0c"]}
    run = run_program(ROOT, "staging", config)
    rules = {
        rule.name: rule.inputs.get("cidrIpv4") or rule.inputs["referencedSecurityGroupId"]
        for rule in run.all("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if rule.parent == "postgres-security-group"
    }
    assert rules == {
        "postgres-security-group-from-pooler": "pgbouncer-task-id",
        "postgres-security-group-from-bastion": "bastion-id",
        "postgres-security-group-from-servers": "postgres-security-group-id",
        "postgres-security-group-from-10.40.0.0-16": "10.40.0.0/16",
        "postgres-security-group-from-sg-0c": "sg-0c",
    }
    exclusive = "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive"
    owner = run.one(exclusive, "postgres-security-group")
    assert len(owner.inputs["ingressRuleIds"]) == len(rules)
