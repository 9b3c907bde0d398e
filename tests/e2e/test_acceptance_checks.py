"""The checks after `up` really notice: an instance made by plain boto3, then sabotaged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from acceptance import alarms as alarm_checks
from acceptance import checks, documented, logins
from config import load
from config.settings.stack import Settings
from database import apply, migrate
from database.repairs import By
from engine.result import Check
from ops.sandbox import connection_variables
from sandbox import variables
from sandbox.clients import aws_client
from sandbox.emulator import client
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


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    root = tmp_path_factory.mktemp("checks")
    (root / "Pulumi.production.yaml").write_text("config: {aws:region: us-east-1}\n")
    paths = SandboxPaths("production", root)
    emulator = client.ensure(paths)
    try:
        yield build(paths, emulator.endpoint)
    finally:
        client.stop(paths)


def build(paths: SandboxPaths, endpoint: str) -> Estate:
    estate = Estate(paths, endpoint, {})
    rds, manager = estate.aws("rds"), estate.aws("secretsmanager")
    rds.create_db_parameter_group(
        DBParameterGroupName=GROUP, DBParameterGroupFamily="postgres15", Description="trial"
    )
    catalogue = yaml.safe_load(
        (PROJECT_ROOT / "config/defaults/postgres_parameters.yaml").read_text()
    )
    rows = [
        {
            "ParameterName": name,
            "ParameterValue": row["value"],
            "ApplyMethod": row["apply_method"],
        }
        for name, row in catalogue.items()
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
    access = settings.database
    with psycopg.connect(**_master(estate, "postgres").keywords(), autocommit=True) as connection:
        for statement in (
            f"CREATE ROLE {access.owner}",
            f"GRANT {access.owner} TO {access.master.name}",
            *(f"CREATE ROLE {role} LOGIN PASSWORD '{ROLE['password']}'" for role in access.roles),
            f"CREATE DATABASE {access.name} OWNER {access.owner} TEMPLATE template0 "
            "ENCODING 'UTF8'",
        ):
            connection.execute(statement.encode())
    with psycopg.connect(**_master(estate, access.name).keywords(), autocommit=True) as own:
        migrate.migrate(own, access.owner, migrate.load())
        for difference in apply.observe(own, access):
            if difference.repair.by is By.STACK:
                own.execute(difference.repair.text.encode())
        assert apply.apply(own, access).remaining == ()


def _master(estate: Estate, database: str) -> logins.PostgresLogin:
    postgres = {**estate.outputs["postgres"], "database": database}
    manager, ca_certificate = estate.aws("secretsmanager"), str(estate.paths.ca_certificate)
    return logins.postgres_login(postgres["master_secret_arn"], postgres, ca_certificate, manager)


def test_everything_as_documented_is_green(estate: Estate) -> None:
    assert estate.red() == {}


def test_a_wrong_parameter_turns_its_check_red(estate: Estate) -> None:
    estate.set_parameter("work_mem", "32768")
    red = estate.red()
    assert list(red) == ["parameter work_mem"]
    assert (red["parameter work_mem"].expected, red["parameter work_mem"].actual) == (
        "64MB",
        "32MB",
    )
    estate.set_parameter("work_mem", "65536")
    assert estate.red() == {}


@pytest.mark.parametrize("metric", METRICS)
def test_a_threshold_that_is_not_the_documented_one_turns_its_check_red(
    estate: Estate, metric: str
) -> None:
    estate.put_alarm(REPLICAS[0], metric, "critical", Threshold=1)
    assert list(estate.red()) == [f"alarms on {metric}"]
    estate.put_alarm(REPLICAS[0], metric, "critical")


def test_a_missing_alarm_turns_its_check_red(estate: Estate) -> None:
    estate.aws("cloudwatch").delete_alarms(AlarmNames=[f"{PRIMARY}-CPUUtilization-warning"])
    red = estate.red()
    assert list(red) == ["alarms on CPUUtilization"]
    assert f"{PRIMARY} has critical" in red["alarms on CPUUtilization"].actual
    estate.put_alarm(PRIMARY, "CPUUtilization", "warning")


def test_a_role_that_can_not_log_in_turns_its_check_red(estate: Estate) -> None:
    estate.as_superuser("ALTER ROLE nexusflow_app NOLOGIN")
    red = estate.red()
    assert set(red) == APPLICATION
    assert "not permitted to log in" in red["nexusflow_app logs in over TLS"].actual
    assert ROLE["password"] not in str(red)
    estate.as_superuser("ALTER ROLE nexusflow_app LOGIN")


@pytest.mark.exhaustive(
    example="tests/e2e/test_acceptance_checks.py::test_a_wrong_parameter_turns_its_check_red"
)
def test_a_wrong_secret_turns_the_logins_red(estate: Estate) -> None:
    manager, arn = estate.aws("secretsmanager"), estate.outputs["roles"]["nexusflow_app"]
    wrong = json.dumps({**ROLE, "password": "another"})
    manager.put_secret_value(SecretId=arn["secret_arn"], SecretString=wrong)
    assert set(estate.red()) == APPLICATION
    manager.put_secret_value(SecretId=arn["secret_arn"], SecretString=json.dumps(ROLE))


@pytest.mark.parametrize(
    ("change", "undo", "check"),
    [
        (
            "ALTER TABLE public.contacts DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE public.contacts ENABLE ROW LEVEL SECURITY",
            "another organization's rows stay hidden",
        ),
        (
            "GRANT UPDATE ON public.contacts TO nexusflow_readonly",
            "REVOKE UPDATE ON public.contacts FROM nexusflow_readonly",
            "nexusflow_readonly can't write",
        ),
        (
            "REVOKE INSERT ON public.contacts FROM nexusflow_app",
            "GRANT INSERT ON public.contacts TO nexusflow_app",
            "nexusflow_app reads and writes",
        ),
    ],
)
def test_a_wrong_right_turns_its_check_red(
    estate: Estate, change: str, undo: str, check: str
) -> None:
    estate.as_superuser(change, "nexusflow")
    assert check in estate.red()
    estate.as_superuser(undo, "nexusflow")
    assert estate.red() == {}


@pytest.mark.exhaustive(
    example="tests/e2e/test_acceptance_checks.py::test_a_wrong_parameter_turns_its_check_red"
)
def test_an_untrusted_certificate_turns_every_login_red(estate: Estate, tmp_path: Path) -> None:
    other = SandboxPaths("production", tmp_path)
    (tmp_path / "Pulumi.production.yaml").write_text("config: {}\n")
    stranger = Estate(other, estate.endpoint, estate.outputs)
    assert {"master logs in over TLS", "nexusflow_app logs in over TLS"} <= set(stranger.red())


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"DBInstanceClass": "db.r6g.large"}, "instance: class"),
        ({"Iops": 13000}, "instance: IOPS"),
        ({"MultiAZ": False}, "instance: Multi-AZ"),
        ({"AllocatedStorage": 600}, "instance: storage"),  # last: storage can't be made smaller
    ],
)
def test_a_wrong_figure_turns_its_check_red(
    estate: Estate, change: dict[str, Any], check: str
) -> None:
    name, rds = PRIMARY, estate.aws("rds")
    before = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
    rds.modify_db_instance(DBInstanceIdentifier=name, ApplyImmediately=True, **change)
    assert list(estate.red()) == [check]
    undone = {key: before[key] for key in change if key != "AllocatedStorage"}
    if undone:
        rds.modify_db_instance(DBInstanceIdentifier=name, ApplyImmediately=True, **undone)


@pytest.mark.exhaustive(
    example="tests/e2e/test_acceptance_checks.py::test_a_wrong_parameter_turns_its_check_red"
)
def test_a_replica_less_than_documented_turns_its_check_red(estate: Estate) -> None:
    rds, (gone, left) = estate.aws("rds"), REPLICAS
    rds.delete_db_instance(DBInstanceIdentifier=gone, SkipFinalSnapshot=True)
    readers = [each for each in estate.outputs["postgres"]["readers"] if each["identifier"] == left]
    outputs = {**estate.outputs, "postgres": {**estate.outputs["postgres"], "readers": readers}}
    red = Estate(estate.paths, estate.endpoint, outputs).red()
    assert red["instance: read replicas"].actual == "1"
    stays = {"instance: storage"}  # red when the storage of the test above grew: it can't shrink
    others = {name for name in red if not name.startswith("alarms on ")}
    assert others - stays == {"instance: read replicas"}
