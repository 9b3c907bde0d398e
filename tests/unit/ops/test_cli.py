"""The command `nexusdb`: options, refusals, and what it prints."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys

import pytest
import yaml
from typer.testing import CliRunner

from acceptance import documented
from acceptance.logins import PostgresLogin
from ops.cli import app
from ops.sandbox import connection_variables
from sandbox.paths import PROJECT_ROOT

runner = CliRunner()


def test_an_unknown_environment_ends_with_code_2_and_names_the_known_ones() -> None:
    result = runner.invoke(app, ["sandbox", "up", "--env", "prod"])
    assert result.exit_code == 2
    assert "no environment 'prod'; there are: production, staging" in result.stderr
    assert "Traceback" not in result.output


def test_with_json_a_refusal_is_one_document_on_stdout() -> None:
    result = runner.invoke(app, ["sandbox", "preview", "--env", "prod", "--json"])
    assert result.exit_code == 2
    document = json.loads(result.stdout)
    assert document["result"] == "failed"
    assert "prod" in document["error"]


@pytest.mark.parametrize("command", ["up", "preview", "refresh", "down", "save", "restore", "env"])
def test_every_command_explains_itself(command: str) -> None:
    result = runner.invoke(app, ["sandbox", command, "--help"])
    assert result.exit_code == 0
    assert "--env" in result.output


def test_help_loads_nothing_of_the_sandbox() -> None:
    heavy = ("sandbox", "pulumi", "boto3", "rich.live")
    code = f"import sys, ops.cli; sys.exit(any(m.startswith({heavy}) for m in sys.modules))"
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, check=True)


def test_the_export_lines_survive_a_shell() -> None:
    values = {"A": "a b'c\"$d`e\\", "B": "postgresql://u:p@h:1/d?x=y&z=%20"}
    script = connection_variables.render(values) + 'printf "%s\\n%s" "$A" "$B"'
    answer = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines() == list(values.values())
    assert shlex.split(connection_variables.render({"A": "x"})) == ["export", "A=x"]


def test_the_superusers_url_is_made_to_name_the_database() -> None:
    url = "postgresql://rdsadmin@/postgres?host=%2Ftmp%2Fs&port=5433"
    expected = "postgresql://rdsadmin@/nexusflow?host=%2Ftmp%2Fs&port=5433"
    assert connection_variables.in_database(url, "nexusflow") == expected


def test_a_logins_url_quotes_what_a_password_may_hold_and_its_repr_hides_it() -> None:
    login = PostgresLogin("127.0.0.1", 5432, "nexusflow", "app", "a:b/c?d#e", "/tmp/ca dir/ca.pem")
    assert login.url().startswith("postgresql://app:a%3Ab%2Fc%3Fd%23e@127.0.0.1:5432/nexusflow?")
    assert "sslmode=verify-full&sslrootcert=" in login.url()
    assert "a:b" not in repr(login)


def test_the_documented_parameters_are_those_of_the_catalog() -> None:
    catalog = yaml.safe_load(
        (PROJECT_ROOT / "config/defaults/postgres_parameters.yaml").read_text()
    )
    stated = {name: row["documented"] for name, row in catalog.items() if "documented" in row}
    assert stated == dict(documented.PARAMETERS)


def test_the_documented_backups_are_those_of_the_catalog_and_the_stack_files() -> None:
    catalog = yaml.safe_load((PROJECT_ROOT / "config/defaults/backups.yaml").read_text())
    assert catalog["weekly_snapshot"]["keep_days"] == documented.BACKUPS.weekly_days == 90
    assert catalog["cross_region_copy"]["keep_days"] == documented.BACKUPS.copied_days == 30
    for environment in documented.INSTANCES:
        stack = yaml.safe_load((PROJECT_ROOT / f"Pulumi.{environment}.yaml").read_text())
        days = stack["config"]["nexusflow:postgres"]["backup_retention_days"]
        assert days == documented.BACKUPS.automated_days == 7


@pytest.mark.parametrize("environment", sorted(documented.INSTANCES))
def test_the_stack_files_carry_the_documented_figures(environment: str) -> None:
    stack = yaml.safe_load((PROJECT_ROOT / f"Pulumi.{environment}.yaml").read_text())
    postgres = stack["config"]["nexusflow:postgres"]
    figures = documented.INSTANCES[environment]
    assert postgres["instance_class"] == figures.instance_class
    assert postgres["storage"] == {"allocated_gb": figures.storage_gb, "iops": figures.iops}
    assert postgres["multi_az"] == figures.multi_az
