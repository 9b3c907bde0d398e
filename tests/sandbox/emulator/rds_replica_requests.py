"""A source and its replica on the emulated RDS: requests, logins, and what AWS refuses."""

from __future__ import annotations

import time
from typing import Any

import psycopg

from sandbox.paths import SandboxPaths

PASSWORD = "Correct-Horse-1"
SOURCE = "nexusflow-test"
REPLICA = "nexusflow-test-replica-1"
GROUP = "primary-postgres15"
REPLICA_GROUP = "replica-postgres15"


def create_source(rds: Any, name: str, **changed: Any) -> None:
    rds.create_db_instance(
        **{
            "DBInstanceIdentifier": name,
            "DBInstanceClass": "db.r6g.xlarge",
            "Engine": "postgres",
            "EngineVersion": "15",
            "AllocatedStorage": 20,
            "StorageType": "gp3",
            "MasterUsername": "nexusflow_master",
            "MasterUserPassword": PASSWORD,
            "BackupRetentionPeriod": 7,
            **changed,
        }
    )


def set_parameter(rds: Any, group: str, name: str, value: str, method: str) -> None:
    parameter = {"ParameterName": name, "ParameterValue": value, "ApplyMethod": method}
    rds.modify_db_parameter_group(DBParameterGroupName=group, Parameters=[parameter])


def described(rds: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
    return found


def login(rds: Any, paths: SandboxPaths, name: str, password: str = PASSWORD) -> psycopg.Connection:
    endpoint = described(rds, name)["Endpoint"]
    return psycopg.connect(
        host=endpoint["Address"],
        port=endpoint["Port"],
        user="nexusflow_master",
        password=password,
        dbname="postgres",
        sslmode="verify-full",
        sslrootcert=str(paths.ca_certificate),
        autocommit=True,
    )


def ask(rds: Any, paths: SandboxPaths, name: str, query: str) -> Any:
    with login(rds, paths, name) as connection:
        row = connection.execute(query.encode()).fetchone()
        return row[0] if row else None


def arrives(rds: Any, paths: SandboxPaths, source: str, replica: str) -> bool:
    """Whether a change of the source is seen on the replica before long."""
    name = f"t{time.monotonic_ns()}"
    with login(rds, paths, source) as connection:
        connection.execute(f"CREATE TABLE {name} ()".encode())
    deadline = time.monotonic() + 10
    while ask(rds, paths, replica, f"SELECT to_regclass('{name}')::text") is None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


CREATE = "create_db_instance_read_replica"
MODIFY = "modify_db_instance"
COMBINATION = "InvalidParameterCombination"
STATE = "InvalidDBInstanceState"

REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    (CREATE, {"DBInstanceIdentifier": REPLICA}, "DBInstanceAlreadyExists", "already exists"),
    (CREATE, {"SourceDBInstanceIdentifier": "nope"}, "DBInstanceNotFound", "nope not found"),
    (CREATE, {"SourceDBInstanceIdentifier": REPLICA}, STATE, "backups are not enabled"),
    (CREATE, {"DBParameterGroupName": REPLICA_GROUP}, COMBINATION, "can't be specified"),
    (CREATE, {"DBSubnetGroupName": "other"}, "DBSubnetGroupNotAllowedFault", "same region"),
    (CREATE, {"DBInstanceClass": "db.r6g.huge"}, COMBINATION, "db.r6g.huge"),
    (CREATE, {"AllocatedStorage": 400}, COMBINATION, "Its source has 500"),
    (CREATE, {"Iops": 3000}, COMBINATION, "from 12000 to 64000"),
    (
        CREATE,
        {"VpcSecurityGroupIds": ["sg-00000000000000000"]},
        "InvalidParameterValue",
        "Invalid security group",
    ),
    (
        CREATE,
        {"SourceDBInstanceIdentifier": "arn:aws:rds:us-west-2:123456789012:db:far"},
        "NotImplemented",
        "other regions",
    ),
    (
        MODIFY,
        {"DBInstanceIdentifier": REPLICA, "MasterUserPassword": "Another-One-3"},
        COMBINATION,
        "change it there",
    ),
    (
        MODIFY,
        {"DBInstanceIdentifier": SOURCE, "BackupRetentionPeriod": 0},
        COMBINATION,
        f"source of read replicas: {REPLICA}",
    ),
    ("promote_read_replica", {"DBInstanceIdentifier": SOURCE}, STATE, "not a read replica"),
    ("stop_db_instance", {"DBInstanceIdentifier": SOURCE}, STATE, "has read replicas"),
    ("stop_db_instance", {"DBInstanceIdentifier": REPLICA}, STATE, "is a read replica"),
    (
        "delete_db_instance",
        {"DBInstanceIdentifier": REPLICA, "FinalDBSnapshotIdentifier": "final"},
        COMBINATION,
        "when deleting a replica",
    ),
    ("delete_db_instance", {"DBInstanceIdentifier": REPLICA}, COMBINATION, "is required"),
]
"""Call, arguments, error code, and a part of the message."""
