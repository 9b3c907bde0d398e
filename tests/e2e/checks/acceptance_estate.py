"""A production-like estate, created with plain boto3, that the checks after `up` look at."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import psycopg
import yaml

from acceptance import alarms as alarm_checks
from acceptance import checks, documented, logins
from config import load
from config.settings.stack import Settings
from database import apply, migrate, migration_files
from database.repairs import By
from engine.result import Check
from ops.sandbox import connection_variables
from sandbox import variables
from sandbox.clients import aws_client
from sandbox.paths import PROJECT_ROOT, SandboxPaths

MASTER = {"username": "nexusflow_master", "password": "master-of-the-trial"}
ROLE = {"username": "nexusflow_app", "password": "role-of-the-trial"}
OTHERS = ("nexusflow_readonly", "nexusflow_admin")
APPLICATION = {
    "nexusflow_app logs in over TLS",
    "nexusflow_app reads and writes",
    "another organization's rows stay hidden",
}
"""The checks that need the application's login."""
GROUP = "nexusflow-production-postgres15"
PRIMARY = "nexusflow-production"
REPLICAS = [f"{PRIMARY}-replica-{number}" for number in (1, 2)]
METRICS = list(documented.KEY_METRICS)
OPERATORS = {symbol: operator for operator, symbol in alarm_checks.OPERATORS.items()}


@dataclass(frozen=True)
class Estate:
    paths: SandboxPaths
    endpoint: str
    outputs: dict[str, Any]

    def aws(self, service: str) -> Any:
        return aws_client(service, variables.aws_variables(self.endpoint))

    def red(self) -> dict[str, Check]:
        """The failed checks by name."""
        done = checks.run(self.paths, self.endpoint, self.outputs)
        return {check.name: check for check in done if not check.passed}

    def as_superuser(self, statement: str, database: str = "postgres") -> None:
        server = connection_variables.server_of(
            PRIMARY, connection_variables.servers(self.endpoint)
        )
        assert server is not None
        url = connection_variables.in_database(str(server["superuser_url"]), database)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def put_alarm(self, server: str, metric: str, severity: str, **changes: Any) -> None:
        key = documented.KEY_METRICS[metric]
        as_documented = {
            "AlarmName": f"{server}-{metric}-{severity}",
            "Namespace": "AWS/RDS",
            "MetricName": metric,
            "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": server}],
            "Statistic": "Average",
            "Period": 60,
            "EvaluationPeriods": 5,
            "ComparisonOperator": OPERATORS[key.comparison],
            "Threshold": key.warning if severity == "warning" else key.critical,
        }
        self.aws("cloudwatch").put_metric_alarm(**{**as_documented, **changes})

    def set_parameter(self, name: str, value: str) -> None:
        row = {"ParameterName": name, "ParameterValue": value, "ApplyMethod": "immediate"}
        self.aws("rds").modify_db_parameter_group(DBParameterGroupName=GROUP, Parameters=[row])


def build(paths: SandboxPaths, endpoint: str) -> Estate:
    estate = Estate(paths, endpoint, {})
    rds, manager = estate.aws("rds"), estate.aws("secretsmanager")
    rds.create_db_parameter_group(
        DBParameterGroupName=GROUP, DBParameterGroupFamily="postgres15", Description="trial"
    )
    parameters = yaml.safe_load(
        (PROJECT_ROOT / "config/defaults/postgres_parameters.yaml").read_text()
    )
    rows = [
        {
            "ParameterName": name,
            "ParameterValue": row["value"],
            "ApplyMethod": row["apply_method"],
        }
        for name, row in parameters.items()
        if "documented" in row
    ]
    rds.modify_db_parameter_group(DBParameterGroupName=GROUP, Parameters=rows)
    instance = rds.create_db_instance(
        DBInstanceIdentifier=PRIMARY,
        Engine="postgres",
        EngineVersion="15",
        DBInstanceClass="db.r6g.xlarge",
        AllocatedStorage=500,
        StorageType="gp3",
        Iops=12000,
        MultiAZ=True,
        BackupRetentionPeriod=7,
        MasterUsername=MASTER["username"],
        MasterUserPassword=MASTER["password"],
        DBParameterGroupName=GROUP,
    )["DBInstance"]
    replicas = [
        rds.create_db_instance_read_replica(
            DBInstanceIdentifier=name, SourceDBInstanceIdentifier=PRIMARY
        )["DBInstance"]
        for name in REPLICAS
    ]
    arns = [
        manager.create_secret(Name=each["username"], SecretString=json.dumps(each))["ARN"]
        for each in (MASTER, ROLE, *({**ROLE, "username": name} for name in OTHERS))
    ]
    endpoint_of = instance["Endpoint"]
    built = Estate(
        paths,
        endpoint,
        {
            "postgres": {
                "identifier": PRIMARY,
                "address": endpoint_of["Address"],
                "port": endpoint_of["Port"],
                "database": "nexusflow",
                "master_secret_arn": arns[0],
                "readers": [
                    {
                        "identifier": each["DBInstanceIdentifier"],
                        "address": each["Endpoint"]["Address"],
                        "port": each["Endpoint"]["Port"],
                    }
                    for each in replicas
                ],
            },
            "roles": {
                name: {"secret_arn": arn}
                for name, arn in zip((ROLE["username"], *OTHERS), arns[1:], strict=True)
            },
        },
    )
    create_database_and_role(built)
    for metric, key in documented.KEY_METRICS.items():
        for server in REPLICAS if key.of_replicas else [PRIMARY, *REPLICAS]:
            for severity in ("warning", "critical"):
                built.put_alarm(server, metric, severity)
    return built


def create_database_and_role(estate: Estate) -> None:
    """What the program's resources would make, by the statements of its own plan."""
    settings = load.read(PROJECT_ROOT / "Pulumi.production.yaml")
    assert isinstance(settings, Settings)
    database = settings.database
    with psycopg.connect(**_master(estate, "postgres").keywords(), autocommit=True) as connection:
        for statement in (
            f"CREATE ROLE {database.owner}",
            f"GRANT {database.owner} TO {database.master.name}",
            *(f"CREATE ROLE {role} LOGIN PASSWORD '{ROLE['password']}'" for role in database.roles),
            f"CREATE DATABASE {database.name} OWNER {database.owner} TEMPLATE template0 "
            "ENCODING 'UTF8'",
        ):
            connection.execute(statement.encode())
    with psycopg.connect(**_master(estate, database.name).keywords(), autocommit=True) as own:
        migrate.migrate(own, database.owner, migration_files.load())
        for difference in apply.observe(own, database):
            if difference.repair.by is By.STACK:
                own.execute(difference.repair.text.encode())
        assert apply.apply(own, database).remaining == ()


def _master(estate: Estate, database: str) -> logins.PostgresLogin:
    postgres = {**estate.outputs["postgres"], "database": database}
    manager, ca_certificate = estate.aws("secretsmanager"), str(estate.paths.ca_certificate)
    return logins.postgres_login(postgres["master_secret_arn"], postgres, ca_certificate, manager)
