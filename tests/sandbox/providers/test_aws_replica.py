"""Read replicas over the provider's protocol, on a real emulator with real standbys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest

from sandbox.emulator import client
from sandbox.providers.aws.__main__ import PROVIDER
from sandbox.providers.wire import Properties
from tests.sandbox.providers.engine_client import Engine, Live, ProviderError, engine

INSTANCE = "aws:rds/instance:Instance"


@pytest.fixture(scope="module")
def aws(emulator: client.Emulator) -> Iterator[Engine]:
    with engine(PROVIDER, region="us-east-1") as speaking:
        yield speaking


@pytest.fixture(scope="module")
def rds(emulator: client.Emulator) -> Any:
    return boto3.client("rds", region_name="us-east-1")


@pytest.fixture(scope="module")
def source(aws: Engine) -> Live:
    return aws.create(
        INSTANCE,
        {
            "identifier": "source",
            "engine": "postgres",
            "engineVersion": "15",
            "instanceClass": "db.r6g.xlarge",
            "allocatedStorage": 500,
            "storageType": "gp3",
            "iops": 12000,
            "storageEncrypted": True,
            "username": "replica_master",
            "password": "correct-horse-battery-staple",
            "port": 5432,
            "backupRetentionPeriod": 7,
            "skipFinalSnapshot": True,
            "applyImmediately": True,
        },
    )


@pytest.fixture(scope="module")
def group(aws: Engine) -> Live:
    return aws.create(
        "aws:rds/parameterGroup:ParameterGroup",
        {
            "name": "replicas-postgres15",
            "family": "postgres15",
            "parameters": [
                {"name": "max_connections", "value": "120", "applyMethod": "pending-reboot"}
            ],
        },
    )


@pytest.fixture(scope="module")
def replica(aws: Engine, source: Live, group: Live) -> Live:
    return aws.create(INSTANCE, wanted(source, group))


def wanted(source: Live, group: Live, **changed: Any) -> Properties:
    return {
        "identifier": "replica",
        "replicateSourceDb": source.state["identifier"],
        "instanceClass": "db.r6g.large",
        "allocatedStorage": 500,
        "storageType": "gp3",
        "iops": 12000,
        "storageEncrypted": True,
        "parameterGroupName": group.id,
        "maintenanceWindow": "Sun:05:00-Sun:06:00",
        "enabledCloudwatchLogsExports": ["postgresql"],
        "port": 5432,
        "multiAz": False,
        "skipFinalSnapshot": True,
        "applyImmediately": True,
        **changed,
    }


def described(rds: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
    return found


def test_a_replica_is_made_whole_and_reads_back_as_it_was_wanted(
    aws: Engine, rds: Any, source: Live, replica: Live
) -> None:
    assert aws.drift(replica) == set()
    live = described(rds, "replica")
    assert live["ReadReplicaSourceDBInstanceIdentifier"] == "source"
    (group,) = live["DBParameterGroups"]
    assert group == {
        "DBParameterGroupName": "replicas-postgres15",
        "ParameterApplyStatus": "in-sync",
    }
    assert live["PreferredMaintenanceWindow"] == "sun:05:00-sun:06:00"
    assert live["DBInstanceClass"] == "db.r6g.large"
    assert replica.state["username"] == "replica_master"
    assert replica.state["engineVersion"] == source.state["engineVersionActual"]
    assert replica.state["backupRetentionPeriod"] == 0


def test_a_source_lists_its_replicas_and_that_is_no_change(
    aws: Engine, source: Live, replica: Live
) -> None:
    read = aws.read(source)
    assert read is not None
    assert read.state["replicas"] == [replica.state["identifier"]]
    assert aws.drift(source) == set()


def test_a_source_may_be_named_by_its_arn(
    aws: Engine, source: Live, group: Live, replica: Live
) -> None:
    by_arn = wanted(source, group, replicateSourceDb=source.state["arn"])
    assert aws.diff(replica, by_arn) == (set(), set())


def test_a_change_of_a_replica_behind_its_back_is_taken_back(
    aws: Engine, rds: Any, source: Live, replica: Live
) -> None:
    rds.modify_db_instance(
        DBInstanceIdentifier="replica", BackupRetentionPeriod=3, ApplyImmediately=True
    )
    rds.modify_db_instance(
        DBInstanceIdentifier="replica",
        CloudwatchLogsExportConfiguration={"EnableLogTypes": ["upgrade"]},
    )
    seen = aws.read(replica)
    assert seen is not None
    paths, replaced = aws.diff(seen, replica.inputs)
    assert paths == {"enabledCloudwatchLogsExports[1]"}
    assert not replaced
    aws.update(seen, replica.inputs)
    assert aws.drift(replica) == set()
    assert aws.drift(source) == set()


def test_another_group_later_waits_for_a_reboot_as_with_any_instance(
    aws: Engine, rds: Any, source: Live, group: Live, replica: Live
) -> None:
    other = aws.create(
        "aws:rds/parameterGroup:ParameterGroup", {"name": "other", "family": "postgres15"}
    )
    live = aws.update(replica, wanted(source, group, parameterGroupName=other.id))
    assert described(rds, "replica")["DBParameterGroups"][0]["ParameterApplyStatus"] == (
        "pending-reboot"
    )
    aws.update(live, replica.inputs)
    aws.delete(other)


def test_a_source_that_is_renamed_stays_the_source(
    aws: Engine, source: Live, group: Live, replica: Live
) -> None:
    renamed = aws.update(source, {**source.inputs, "identifier": "renamed"})
    followed = aws.update(replica, wanted(source, group, replicateSourceDb="renamed"))
    assert aws.drift(followed) == set()
    aws.update(renamed, source.inputs)
    assert aws.drift(replica) == set()


def test_a_rename_takes_tags_of_the_same_update_along(aws: Engine, source: Live) -> None:
    tags = {**source.inputs.get("tags", {}), "Owner": "platform"}
    renamed = aws.update(source, {**source.inputs, "identifier": "renamed", "tags": tags})
    assert aws.drift(renamed) == set()
    aws.update(renamed, source.inputs)
    assert aws.drift(source) == set()


@pytest.mark.parametrize("name", ["dbName", "engine", "password", "username"])
def test_what_a_replica_has_of_its_source_is_refused_before_anything_is_made(
    aws: Engine, source: Live, group: Live, name: str
) -> None:
    _, failures = aws.check(INSTANCE, wanted(source, group, **{name: "something"}))
    assert "has its source's" in failures[name]


def test_a_replica_gets_no_other_source(
    aws: Engine, source: Live, group: Live, replica: Live
) -> None:
    with pytest.raises(ProviderError, match="replica can't follow elsewhere"):
        aws.update(replica, wanted(source, group, replicateSourceDb="elsewhere"))


def test_a_half_made_replica_is_completed_by_the_next_run(
    aws: Engine, rds: Any, source: Live, group: Live
) -> None:
    rds.create_db_instance_read_replica(
        DBInstanceIdentifier="half", SourceDBInstanceIdentifier="source"
    )
    inputs, _ = aws.check(INSTANCE, wanted(source, group, identifier="half"))
    half = Live(INSTANCE, described(rds, "half")["DbiResourceId"], inputs, dict(inputs))
    aws.update(half, inputs)
    (group_of_half,) = described(rds, "half")["DBParameterGroups"]
    assert group_of_half["ParameterApplyStatus"] == "in-sync"
    assert group_of_half["DBParameterGroupName"] == group.id
    aws.delete(half)


def test_leaving_the_source_out_promotes_the_replica(
    aws: Engine, rds: Any, source: Live, group: Live, replica: Live
) -> None:
    alone = {
        **wanted(source, group, backupRetentionPeriod=5),
        "username": "replica_master",
        "password": "another-battery-staple",
        "engine": "postgres",
    }
    del alone["replicateSourceDb"]
    paths, replaced = aws.diff(replica, alone)
    assert "replicateSourceDb" in paths
    assert not replaced
    promoted = aws.update(replica, alone)
    live = described(rds, "replica")
    assert "ReadReplicaSourceDBInstanceIdentifier" not in live
    assert live["BackupRetentionPeriod"] == 5
    assert aws.drift(promoted) == set()
    again = replace(promoted, state={**promoted.state, "replicateSourceDb": None})
    with pytest.raises(ProviderError, match="replica can't follow source"):
        aws.update(again, wanted(source, group))


def test_source_and_replica_are_deleted_in_either_order(
    aws: Engine, source: Live, replica: Live, group: Live
) -> None:
    aws.delete(replica)
    second = aws.create(INSTANCE, wanted(source, group, identifier="second"))
    aws.delete(source)
    read = aws.read(second)
    assert read is not None
    assert "replicateSourceDb" not in read.state
    aws.delete(second)
    assert aws.read(second) is None
