"""Emulated RDS against a real server: what AWS does with instances and groups, and refuses."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from typing import Any

import boto3
import psycopg
import pytest
from botocore.exceptions import ClientError

from sandbox.emulator import client
from sandbox.paths import SandboxPaths
from tests.sandbox.emulator.rds_requests import (
    GROUP,
    NAME,
    PASSWORD,
    REFUSED,
    instance,
    parameter,
    request,
    show,
)


@pytest.fixture(scope="module")
def connect(paths: SandboxPaths) -> Callable[[str], Any]:
    emulator = client.running(paths)
    assert emulator is not None
    endpoint = emulator.endpoint

    def make(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    return make


@pytest.fixture(scope="module")
def network(connect: Callable[[str], Any]) -> dict[str, Any]:
    ec2 = connect("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.20.{i}.0/24", AvailabilityZone=f"us-east-1{zone}"
        )["Subnet"]["SubnetId"]
        for i, zone in enumerate("abc")
    ]
    group = ec2.create_security_group(GroupName="data", Description="data", VpcId=vpc)["GroupId"]
    return {"vpc": vpc, "subnets": subnets, "group": group}


@pytest.fixture(scope="module")
def rds(connect: Callable[[str], Any], network: dict[str, Any]) -> Any:
    """RDS with a group each and one instance in them."""
    rds = connect("rds")
    rds.create_db_subnet_group(
        DBSubnetGroupName="data", DBSubnetGroupDescription="d", SubnetIds=network["subnets"][:2]
    )
    rds.create_db_parameter_group(
        DBParameterGroupName=GROUP, DBParameterGroupFamily="postgres15", Description="d"
    )
    rds.modify_db_parameter_group(
        DBParameterGroupName=GROUP,
        Parameters=[
            parameter("max_connections", "200", "pending-reboot"),
            parameter("work_mem", "65536"),
        ],
    )
    rds.create_db_instance(
        **request(
            DBSubnetGroupName="data",
            VpcSecurityGroupIds=[network["group"]],
            DBParameterGroupName=GROUP,
            DBName="given",
            AllocatedStorage=500,
            Iops=12000,
            EnablePerformanceInsights=True,
        )
    )
    return rds


def status(rds: Any) -> str:
    return str(instance(rds)["DBParameterGroups"][0]["ParameterApplyStatus"])


def test_an_instance_is_described_as_aws_does_and_answers_where_it_says(
    rds: Any, paths: SandboxPaths
) -> None:
    found = instance(rds)
    assert found["DBInstanceStatus"] == "available"
    assert found["EngineVersion"].startswith("15.")
    assert found["DbInstancePort"] == 5432
    assert found["CACertificateIdentifier"] == "rds-ca-rsa2048-g1"
    assert found["CertificateDetails"]["CAIdentifier"] == "rds-ca-rsa2048-g1"
    assert (found["Iops"], found["StorageThroughput"]) == (12000, 500)
    assert found["PerformanceInsightsEnabled"]
    assert found["PerformanceInsightsRetentionPeriod"] == 7
    assert (show(rds, paths, "max_connections"), show(rds, paths, "work_mem")) == ("200", "64MB")
    emulator = client.running(paths)
    assert emulator is not None
    with urllib.request.urlopen(f"{emulator.endpoint}/_sandbox/servers") as answer:  # noqa: S310
        (server,) = json.loads(answer.read())
    assert (server["identifier"], server["port"]) == (NAME, found["Endpoint"]["Port"])
    with psycopg.connect(server["superuser_url"]) as connection:
        assert connection.info.user == "rdsadmin"


def test_parameters_of_the_group_are_listed_with_source_value_and_kind(rds: Any) -> None:
    listed = rds.describe_db_parameters(DBParameterGroupName=GROUP, Source="user")["Parameters"]
    told = {
        p["ParameterName"]: (p["ParameterValue"], p["ApplyMethod"], p["ApplyType"]) for p in listed
    }
    assert told["max_connections"] == ("200", "pending-reboot", "static")
    assert told["work_mem"][2] == "dynamic"
    assert len(rds.describe_db_parameters(DBParameterGroupName=GROUP)["Parameters"]) > 300


def test_dynamic_parameters_are_in_force_at_once_static_ones_after_a_reboot(
    rds: Any, paths: SandboxPaths
) -> None:
    rds.modify_db_parameter_group(
        DBParameterGroupName=GROUP,
        Parameters=[
            parameter("work_mem", "32768"),
            parameter("max_connections", "150", "pending-reboot"),
        ],
    )
    assert (show(rds, paths, "work_mem"), show(rds, paths, "max_connections")) == ("32MB", "200")
    assert status(rds) == "pending-reboot"
    rds.reboot_db_instance(DBInstanceIdentifier=NAME)
    assert show(rds, paths, "max_connections") == "150"
    assert status(rds) == "in-sync"


def test_a_reset_parameter_goes_back_to_its_default(rds: Any, paths: SandboxPaths) -> None:
    rds.modify_db_parameter_group(
        DBParameterGroupName=GROUP, Parameters=[parameter("random_page_cost", "1.1")]
    )
    assert show(rds, paths, "random_page_cost") == "1.1"
    rds.reset_db_parameter_group(
        DBParameterGroupName=GROUP,
        Parameters=[{"ParameterName": "random_page_cost", "ApplyMethod": "immediate"}],
    )
    assert show(rds, paths, "random_page_cost") == "4"
    listed = rds.describe_db_parameters(DBParameterGroupName=GROUP, Source="user")["Parameters"]
    assert "random_page_cost" not in {p["ParameterName"] for p in listed}


def test_another_group_waits_for_a_reboot(rds: Any, paths: SandboxPaths) -> None:
    rds.create_db_parameter_group(
        DBParameterGroupName="second", DBParameterGroupFamily="postgres15", Description="d"
    )
    rds.modify_db_parameter_group(
        DBParameterGroupName="second", Parameters=[parameter("work_mem", "4096")]
    )
    rds.modify_db_instance(DBInstanceIdentifier=NAME, DBParameterGroupName="second")
    assert (status(rds), show(rds, paths, "work_mem")) == ("pending-reboot", "32MB")
    rds.reboot_db_instance(DBInstanceIdentifier=NAME)
    assert (status(rds), show(rds, paths, "work_mem")) == ("in-sync", "4MB")
    rds.modify_db_instance(DBInstanceIdentifier=NAME, DBParameterGroupName=GROUP)
    rds.reboot_db_instance(DBInstanceIdentifier=NAME)
    rds.delete_db_parameter_group(DBParameterGroupName="second")


def test_a_new_master_password_reaches_the_server(rds: Any, paths: SandboxPaths) -> None:
    rds.modify_db_instance(DBInstanceIdentifier=NAME, MasterUserPassword="Battery-Staple-2")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        show(rds, paths, "work_mem")
    show(rds, paths, "work_mem", password="Battery-Staple-2")
    rds.modify_db_instance(DBInstanceIdentifier=NAME, MasterUserPassword=PASSWORD)


def test_some_changes_wait_for_the_maintenance_window_unless_asked_at_once(rds: Any) -> None:
    rds.modify_db_instance(
        DBInstanceIdentifier=NAME, DBInstanceClass="db.r6g.2xlarge", CopyTagsToSnapshot=True
    )
    found = instance(rds)
    assert found["DBInstanceClass"] == "db.r6g.xlarge"
    assert found["PendingModifiedValues"] == {"DBInstanceClass": "db.r6g.2xlarge"}
    assert found["CopyTagsToSnapshot"]
    rds.modify_db_instance(DBInstanceIdentifier=NAME, ApplyImmediately=True)
    found = instance(rds)
    assert found["DBInstanceClass"] == "db.r6g.2xlarge"
    assert found["PendingModifiedValues"] == {}
    rds.modify_db_instance(
        DBInstanceIdentifier=NAME, DBPortNumber=5433, EngineVersion="15", ApplyImmediately=True
    )
    assert instance(rds)["DbInstancePort"] == 5433


def test_a_stopped_instance_keeps_its_data(rds: Any, paths: SandboxPaths) -> None:
    rds.stop_db_instance(DBInstanceIdentifier=NAME)
    assert instance(rds)["DBInstanceStatus"] == "stopped"
    rds.start_db_instance(DBInstanceIdentifier=NAME)
    show(rds, paths, "work_mem")


def test_a_renamed_instance_keeps_its_server(rds: Any, paths: SandboxPaths) -> None:
    rds.modify_db_instance(
        DBInstanceIdentifier=NAME, NewDBInstanceIdentifier="renamed", ApplyImmediately=True
    )
    rds.modify_db_instance(
        DBInstanceIdentifier="renamed", NewDBInstanceIdentifier=NAME, ApplyImmediately=True
    )
    show(rds, paths, "work_mem")


def test_modifying_a_subnet_group_keeps_it(rds: Any, network: dict[str, Any]) -> None:
    rds.modify_db_subnet_group(DBSubnetGroupName="data", SubnetIds=network["subnets"])
    (group,) = rds.describe_db_subnet_groups(DBSubnetGroupName="data")["DBSubnetGroups"]
    assert len(group["Subnets"]) == 3


def test_instances_have_ids_of_their_own_and_go_with_their_server(
    rds: Any, paths: SandboxPaths
) -> None:
    rds.create_db_instance(**request(DBInstanceIdentifier="second"))
    every = rds.describe_db_instances()["DBInstances"]
    assert len({found["DbiResourceId"] for found in every}) == 2
    small = next(found for found in every if found["DBInstanceIdentifier"] == "second")
    assert (small["Iops"], small["StorageThroughput"]) == (3000, 125)
    rds.delete_db_instance(DBInstanceIdentifier="second", FinalDBSnapshotIdentifier="final")
    with pytest.raises(psycopg.OperationalError, match="refused"):
        psycopg.connect(host="127.0.0.1", port=small["Endpoint"]["Port"], user="x")
    (snapshot,) = rds.describe_db_snapshots(DBSnapshotIdentifier="final")["DBSnapshots"]
    assert snapshot["DBInstanceIdentifier"] == "second"
    show(rds, paths, "work_mem")


@pytest.mark.parametrize(("call", "arguments", "code", "message"), REFUSED)
def test_what_aws_refuses_is_refused(
    rds: Any, call: str, arguments: dict[str, Any], code: str, message: str
) -> None:
    if "parameter_group" in call:
        arguments = {"DBParameterGroupName": GROUP, **arguments}
    before = rds.describe_db_instances()["DBInstances"]
    with pytest.raises(ClientError, match=message) as refused:
        getattr(rds, call)(**arguments)
    assert refused.value.response["Error"]["Code"] == code
    after = rds.describe_db_instances()["DBInstances"]
    assert len(after) == len(before)


def test_a_group_of_one_zone_or_of_two_networks_is_refused(
    rds: Any, connect: Callable[[str], Any], network: dict[str, Any]
) -> None:
    one = network["subnets"][:1]
    with pytest.raises(ClientError, match="cover at least 2 AZs"):
        rds.create_db_subnet_group(
            DBSubnetGroupName="one", DBSubnetGroupDescription="d", SubnetIds=one
        )
    default = connect("ec2").describe_subnets(
        Filters=[{"Name": "availability-zone", "Values": ["us-east-1b"]}]
    )["Subnets"]
    foreign = next(s["SubnetId"] for s in default if s["VpcId"] != network["vpc"])
    with pytest.raises(ClientError, match="not all in the same VPC"):
        rds.create_db_subnet_group(
            DBSubnetGroupName="two", DBSubnetGroupDescription="d", SubnetIds=[*one, foreign]
        )


def test_a_protected_instance_is_not_deleted(rds: Any, paths: SandboxPaths) -> None:
    rds.modify_db_instance(DBInstanceIdentifier=NAME, DeletionProtection=True)
    with pytest.raises(ClientError, match="protected"):
        rds.delete_db_instance(DBInstanceIdentifier=NAME, SkipFinalSnapshot=True)
    show(rds, paths, "work_mem")
    rds.modify_db_instance(DBInstanceIdentifier=NAME, DeletionProtection=False)


def test_what_an_instance_uses_is_not_deleted(
    rds: Any, connect: Callable[[str], Any], network: dict[str, Any]
) -> None:
    assert instance(rds)["DBInstanceStatus"] == "available"
    with pytest.raises(ClientError, match="DependencyViolation"):
        connect("ec2").delete_security_group(GroupId=network["group"])
    with pytest.raises(ClientError, match="DependencyViolation"):
        connect("ec2").delete_subnet(SubnetId=network["subnets"][0])


def test_there_is_no_restore_without_data(rds: Any) -> None:
    with pytest.raises(ClientError, match="no data"):
        rds.restore_db_instance_from_db_snapshot(
            DBInstanceIdentifier="restored", DBSnapshotIdentifier="final"
        )
