"""Requests to the emulated RDS and to its server, and those that AWS refuses."""

from __future__ import annotations

from typing import Any

import psycopg

from sandbox.paths import SandboxPaths

PASSWORD = "Correct-Horse-1"
NAME = "nexusflow-test"
GROUP = "nexusflow-test-postgres15"


def parameter(name: str, value: str, method: str = "immediate") -> dict[str, str]:
    return {"ParameterName": name, "ParameterValue": value, "ApplyMethod": method}


def request(**changed: Any) -> dict[str, Any]:
    return {
        "DBInstanceIdentifier": NAME,
        "DBInstanceClass": "db.r6g.xlarge",
        "Engine": "postgres",
        "EngineVersion": "15",
        "AllocatedStorage": 100,
        "StorageType": "gp3",
        "MasterUsername": "nexusflow_master",
        "MasterUserPassword": PASSWORD,
        "Port": 5432,
        **changed,
    }


def instance(rds: Any) -> dict[str, Any]:
    found: dict[str, Any] = rds.describe_db_instances(DBInstanceIdentifier=NAME)["DBInstances"][0]
    return found


def show(rds: Any, paths: SandboxPaths, name: str, password: str = PASSWORD) -> str:
    endpoint = instance(rds)["Endpoint"]
    with psycopg.connect(
        host=endpoint["Address"],
        port=endpoint["Port"],
        user="nexusflow_master",
        password=password,
        dbname="given",
        sslmode="verify-full",
        sslrootcert=str(paths.ca_certificate),
    ) as connection:
        row = connection.execute(f"SHOW {name}".encode()).fetchone()
        assert row is not None
        return str(row[0])


CREATE = "create_db_instance"
MODIFY = "modify_db_instance"
SET = "modify_db_parameter_group"

REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    (CREATE, request(), "DBInstanceAlreadyExists", "already exists"),
    (
        CREATE,
        request(DBInstanceIdentifier="x", Iops=3000),
        "InvalidParameterCombination",
        "less than 400",
    ),
    (
        CREATE,
        request(DBInstanceIdentifier="x", AllocatedStorage=500, Iops=3000),
        "InvalidParameterCombination",
        "from 12000 to 64000",
    ),
    (
        CREATE,
        request(DBInstanceIdentifier="x", EngineVersion="15.99"),
        "InvalidParameterCombination",
        "Cannot find version 15.99",
    ),
    (
        CREATE,
        request(DBInstanceIdentifier="x", DBInstanceClass="db.r6g.huge"),
        "InvalidParameterCombination",
        "db.r6g.huge",
    ),
    (
        CREATE,
        request(DBInstanceIdentifier="x", MasterUserPassword="with space 1"),
        "InvalidParameterValue",
        "not a valid password",
    ),
    (
        CREATE,
        request(DBInstanceIdentifier="x", MasterUsername="nexusflow_masters"),
        "InvalidParameterValue",
        "longer than 16 characters",
    ),
    (
        CREATE,
        request(DBInstanceIdentifier="x", MasterUsername="admin"),
        "InvalidParameterValue",
        "reserved word",
    ),
    (
        CREATE,
        request(DBInstanceIdentifier="x", BackupRetentionPeriod=77),
        "InvalidParameterValue",
        "0 to 35",
    ),
    (
        CREATE,
        request(DBInstanceIdentifier="x", VpcSecurityGroupIds=["sg-0123456789abcdef0"]),
        "InvalidParameterValue",
        "Invalid security group",
    ),
    (
        CREATE,
        request(DBInstanceIdentifier="x", DBParameterGroupName="nope"),
        "DBParameterGroupNotFound",
        "nope not found",
    ),
    (
        MODIFY,
        {"DBInstanceIdentifier": NAME, "AllocatedStorage": 400},
        "InvalidParameterCombination",
        "can't be reduced",
    ),
    (
        SET,
        {"Parameters": [parameter("max_connections", "100")]},
        "InvalidParameterCombination",
        "cannot use immediate apply method for static parameter",
    ),
    (
        SET,
        {"Parameters": [parameter("worl_mem", "1")]},
        "InvalidParameterValue",
        "Could not find parameter with name: worl_mem",
    ),
    (
        SET,
        {"Parameters": [parameter("work_mem", "4GB")]},
        "InvalidParameterValue",
        "allowed values are",
    ),
    ("delete_db_parameter_group", {}, "InvalidDBParameterGroupState", "still members"),
    (
        "delete_db_subnet_group",
        {"DBSubnetGroupName": "data"},
        "InvalidDBSubnetGroupStateFault",
        "still using it",
    ),
    (
        "delete_db_instance",
        {"DBInstanceIdentifier": NAME},
        "InvalidParameterCombination",
        "FinalDBSnapshotIdentifier is required",
    ),
    (
        "add_tags_to_resource",
        {
            "ResourceName": "arn:aws:rds:us-east-1:123456789012:db:nope",
            "Tags": [{"Key": "Project", "Value": "nexusflow"}],
        },
        "DBInstanceNotFound",
        "nope not found",
    ),
    (
        "describe_db_parameter_groups",
        {"DBParameterGroupName": "nope"},
        "DBParameterGroupNotFound",
        "nope not found",
    ),
    (
        "create_db_parameter_group",
        {"DBParameterGroupFamily": "postgres99", "Description": "d"},
        "InvalidParameterValue",
        "postgres99",
    ),
]
"""Call, arguments, error code, and a part of the message."""
