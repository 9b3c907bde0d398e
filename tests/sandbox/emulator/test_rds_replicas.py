"""Emulated read replicas with a real standby behind each: made, described, promoted, refused."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import boto3
import psycopg
import pytest
from botocore.exceptions import ClientError

from sandbox.emulator import client
from sandbox.paths import SandboxPaths
from tests.sandbox.emulator.rds_replica_requests import (
    CREATE,
    GROUP,
    PASSWORD,
    REFUSED,
    REPLICA,
    REPLICA_GROUP,
    SOURCE,
    arrives,
    ask,
    create_source,
    described,
    login,
    set_parameter,
)


@pytest.fixture(scope="module")
def connect(paths: SandboxPaths) -> Callable[..., Any]:
    emulator = client.running(paths)
    assert emulator is not None
    endpoint = emulator.endpoint

    def make(service: str, region: str = "us-east-1") -> Any:
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    return make


@pytest.fixture(scope="module")
def key(connect: Callable[..., Any]) -> str:
    return str(connect("kms").create_key()["KeyMetadata"]["Arn"])


@pytest.fixture(scope="module")
def rds(connect: Callable[..., Any], key: str) -> Any:
    """RDS with a source and one replica of it, each with a parameter group."""
    rds, ec2 = connect("rds"), connect("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.30.{i}.0/24", AvailabilityZone=f"us-east-1{zone}"
        )["Subnet"]["SubnetId"]
        for i, zone in enumerate("ab")
    ]
    for name in ("data", "other"):
        rds.create_db_subnet_group(
            DBSubnetGroupName=name, DBSubnetGroupDescription="d", SubnetIds=subnets
        )
    for name, connections in ((GROUP, "50"), (REPLICA_GROUP, "60")):
        rds.create_db_parameter_group(
            DBParameterGroupName=name, DBParameterGroupFamily="postgres15", Description="d"
        )
        set_parameter(rds, name, "max_connections", connections, "pending-reboot")
    create_source(
        rds,
        SOURCE,
        DBSubnetGroupName="data",
        DBParameterGroupName=GROUP,
        DBName="given",
        AllocatedStorage=500,
        Iops=13000,
        StorageEncrypted=True,
        KmsKeyId=key,
        MultiAZ=True,
        EnableCloudwatchLogsExports=["postgresql"],
    )
    rds.create_db_instance_read_replica(
        DBInstanceIdentifier=REPLICA,
        SourceDBInstanceIdentifier=SOURCE,
        Tags=[{"Key": "Role", "Value": "reader"}],
    )
    return rds


def test_a_replica_is_described_with_what_it_has_of_its_source(rds: Any, key: str) -> None:
    source, replica = described(rds, SOURCE), described(rds, REPLICA)
    assert source["ReadReplicaDBInstanceIdentifiers"] == [REPLICA]
    assert "ReadReplicaSourceDBInstanceIdentifier" not in source
    assert not source.get("StatusInfos")
    assert replica["ReadReplicaSourceDBInstanceIdentifier"] == SOURCE
    assert not replica["ReadReplicaDBInstanceIdentifiers"]
    assert replica["StatusInfos"] == [
        {"StatusType": "read replication", "Normal": True, "Status": "replicating"}
    ]
    for name in (
        *("Engine", "EngineVersion", "DBInstanceClass", "MasterUsername", "KmsKeyId"),
        *("StorageEncrypted", "AllocatedStorage", "StorageType", "Iops", "StorageThroughput"),
    ):
        assert replica[name] == source[name], name
    assert replica["KmsKeyId"] == key
    assert replica["DBSubnetGroup"]["DBSubnetGroupName"] == "data"
    assert replica["DBParameterGroups"][0]["DBParameterGroupName"] == GROUP
    assert (replica["MultiAZ"], replica["BackupRetentionPeriod"]) == (False, 0)
    assert not replica.get("EnabledCloudwatchLogsExports")
    assert replica["TagList"] == [{"Key": "Role", "Value": "reader"}]
    assert replica["DbiResourceId"] != source["DbiResourceId"]
    assert replica["Endpoint"]["Port"] != source["Endpoint"]["Port"]


def test_a_replica_streams_and_refuses_writes(rds: Any, paths: SandboxPaths) -> None:
    assert arrives(rds, paths, SOURCE, REPLICA)
    assert ask(rds, paths, REPLICA, "SELECT pg_is_in_recovery()")
    with (
        login(rds, paths, REPLICA) as connection,
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
    ):
        connection.execute("CREATE TABLE refused ()")
    emulator = client.running(paths)
    assert emulator is not None
    with urllib.request.urlopen(f"{emulator.endpoint}/_sandbox/servers") as answer:  # noqa: S310
        servers = {s["identifier"]: s["replicates"] for s in json.loads(answer.read())}
    assert servers == {SOURCE: None, REPLICA: SOURCE}


def test_a_replica_has_a_group_of_its_own_after_a_reboot(rds: Any, paths: SandboxPaths) -> None:
    rds.modify_db_instance(
        DBInstanceIdentifier=REPLICA, DBParameterGroupName=REPLICA_GROUP, ApplyImmediately=True
    )
    assert described(rds, REPLICA)["DBParameterGroups"][0]["ParameterApplyStatus"] != "in-sync"
    rds.reboot_db_instance(DBInstanceIdentifier=REPLICA)
    assert ask(rds, paths, REPLICA, "SHOW max_connections") == "60"
    set_parameter(rds, REPLICA_GROUP, "work_mem", "8192", "immediate")
    assert ask(rds, paths, REPLICA, "SHOW work_mem") == "8MB"
    assert ask(rds, paths, SOURCE, "SHOW work_mem") != "8MB"


def test_log_exports_of_a_replica_are_its_own(rds: Any) -> None:
    rds.modify_db_instance(
        DBInstanceIdentifier=REPLICA,
        CloudwatchLogsExportConfiguration={"EnableLogTypes": ["upgrade"]},
    )
    assert described(rds, REPLICA)["EnabledCloudwatchLogsExports"] == ["upgrade"]
    assert described(rds, SOURCE)["EnabledCloudwatchLogsExports"] == ["postgresql"]


def test_a_replica_with_less_than_its_source_has_does_not_come_up_until_it_is_corrected(
    rds: Any, paths: SandboxPaths
) -> None:
    set_parameter(rds, REPLICA_GROUP, "max_connections", "40", "pending-reboot")
    rds.reboot_db_instance(DBInstanceIdentifier=REPLICA)
    broken = described(rds, REPLICA)
    assert broken["DBInstanceStatus"] == "incompatible-parameters"
    assert (broken["StatusInfos"][0]["Normal"], broken["StatusInfos"][0]["Status"]) == (
        False,
        "error",
    )
    set_parameter(rds, REPLICA_GROUP, "max_connections", "60", "pending-reboot")
    rds.reboot_db_instance(DBInstanceIdentifier=REPLICA)
    assert described(rds, REPLICA)["DBInstanceStatus"] == "available"
    assert arrives(rds, paths, SOURCE, REPLICA)


def test_a_reboot_of_the_source_leaves_its_replica_following(rds: Any, paths: SandboxPaths) -> None:
    rds.reboot_db_instance(DBInstanceIdentifier=SOURCE)
    assert arrives(rds, paths, SOURCE, REPLICA)


def test_a_new_master_password_of_the_source_reaches_its_replica(
    rds: Any, paths: SandboxPaths
) -> None:
    rds.modify_db_instance(DBInstanceIdentifier=SOURCE, MasterUserPassword="Battery-Staple-2")
    deadline = time.monotonic() + 10
    while True:
        try:
            login(rds, paths, REPLICA, "Battery-Staple-2").close()
            break
        except psycopg.OperationalError:
            assert time.monotonic() < deadline
    rds.modify_db_instance(DBInstanceIdentifier=SOURCE, MasterUserPassword=PASSWORD)
    assert arrives(rds, paths, SOURCE, SOURCE)


def test_renaming_keeps_replica_and_source_together(rds: Any, paths: SandboxPaths) -> None:
    def rename(old: str, new: str) -> None:
        rds.modify_db_instance(
            DBInstanceIdentifier=old, NewDBInstanceIdentifier=new, ApplyImmediately=True
        )

    rename(SOURCE, "renamed")
    rename(REPLICA, "renamed-replica")
    assert described(rds, "renamed")["ReadReplicaDBInstanceIdentifiers"] == ["renamed-replica"]
    assert described(rds, "renamed-replica")["ReadReplicaSourceDBInstanceIdentifier"] == "renamed"
    rename("renamed", SOURCE)
    rename("renamed-replica", REPLICA)
    assert arrives(rds, paths, SOURCE, REPLICA)


@pytest.mark.parametrize(("call", "arguments", "code", "message"), REFUSED)
def test_what_aws_refuses_of_replicas_is_refused(
    rds: Any, call: str, arguments: dict[str, Any], code: str, message: str
) -> None:
    if call == CREATE:
        made = {"DBInstanceIdentifier": "refused", "SourceDBInstanceIdentifier": SOURCE}
        arguments = {**made, **arguments}
    with pytest.raises(ClientError, match=message) as refused:
        getattr(rds, call)(**arguments)
    assert refused.value.response["Error"]["Code"] == code
    assert {i["DBInstanceIdentifier"] for i in rds.describe_db_instances()["DBInstances"]} == {
        SOURCE,
        REPLICA,
    }


def test_the_key_of_a_replica_is_its_sources(
    rds: Any, connect: Callable[..., Any], key: str
) -> None:
    other = connect("kms").create_key()["KeyMetadata"]["Arn"]
    with pytest.raises(ClientError, match="leave KmsKeyId out"):
        rds.create_db_instance_read_replica(
            DBInstanceIdentifier="keyed", SourceDBInstanceIdentifier=SOURCE, KmsKeyId=other
        )
    with pytest.raises(ClientError, match="other regions"):
        connect("rds", "us-west-2").create_db_instance_read_replica(
            DBInstanceIdentifier="keyed",
            SourceDBInstanceIdentifier=described(rds, SOURCE)["DBInstanceArn"],
        )


def test_a_source_named_by_arn_lets_its_replica_have_another_subnet_group(
    rds: Any, paths: SandboxPaths
) -> None:
    rds.create_db_instance_read_replica(
        DBInstanceIdentifier="elsewhere",
        SourceDBInstanceIdentifier=described(rds, SOURCE)["DBInstanceArn"],
        DBSubnetGroupName="other",
        DBInstanceClass="db.r6g.large",
        MultiAZ=True,
        EnablePerformanceInsights=True,
    )
    replica = described(rds, "elsewhere")
    assert replica["ReadReplicaSourceDBInstanceIdentifier"] == SOURCE
    assert replica["DBSubnetGroup"]["DBSubnetGroupName"] == "other"
    assert (replica["DBInstanceClass"], replica["MultiAZ"]) == ("db.r6g.large", True)
    assert replica["PerformanceInsightsEnabled"]
    rds.delete_db_instance(DBInstanceIdentifier="elsewhere", SkipFinalSnapshot=True)
    assert described(rds, SOURCE)["ReadReplicaDBInstanceIdentifiers"] == [REPLICA]
    assert arrives(rds, paths, SOURCE, REPLICA)


def test_a_promoted_replica_is_an_instance_of_its_own(rds: Any, paths: SandboxPaths) -> None:
    rds.promote_read_replica(DBInstanceIdentifier=REPLICA, BackupRetentionPeriod=5)
    promoted = described(rds, REPLICA)
    assert "ReadReplicaSourceDBInstanceIdentifier" not in promoted
    assert (promoted["BackupRetentionPeriod"], promoted.get("StatusInfos", [])) == (5, [])
    assert not described(rds, SOURCE)["ReadReplicaDBInstanceIdentifiers"]
    with login(rds, paths, REPLICA) as connection:
        connection.execute("CREATE TABLE its_own ()")
    assert ask(rds, paths, SOURCE, "SELECT to_regclass('its_own')") is None
    rds.delete_db_instance(
        DBInstanceIdentifier=REPLICA, FinalDBSnapshotIdentifier=f"{REPLICA}-final"
    )
    with pytest.raises(ClientError, match="DBSnapshotAlreadyExists"):
        rds.delete_db_instance(
            DBInstanceIdentifier=SOURCE, FinalDBSnapshotIdentifier=f"{REPLICA}-final"
        )
    assert described(rds, SOURCE)["DBInstanceStatus"] == "available"


def test_replicas_of_a_deleted_source_stand_alone_with_its_data(
    rds: Any, paths: SandboxPaths
) -> None:
    for number in (1, 2):
        rds.create_db_instance_read_replica(
            DBInstanceIdentifier=f"orphan-{number}", SourceDBInstanceIdentifier=SOURCE
        )
    with login(rds, paths, SOURCE) as connection:
        connection.execute("CREATE TABLE left_behind ()")
    rds.delete_db_instance(DBInstanceIdentifier=SOURCE, SkipFinalSnapshot=True)
    for number in (1, 2):
        orphan = described(rds, f"orphan-{number}")
        assert "ReadReplicaSourceDBInstanceIdentifier" not in orphan
        assert orphan["DBInstanceStatus"] == "available"
        assert ask(rds, paths, f"orphan-{number}", "SELECT to_regclass('left_behind')::text")
        assert not ask(rds, paths, f"orphan-{number}", "SELECT pg_is_in_recovery()")
