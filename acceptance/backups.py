"""Checks of the backups: the documented schedule in AWS, and the preflight."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from acceptance import documented
from acceptance.attempt import check
from acceptance.backup_preflight import Preflight
from config import load
from config.settings.stack import Settings
from engine.result import Check
from sandbox.clients import aws_client
from sandbox.paths import SandboxPaths
from sandbox.variables import aws_variables

PASSED = "passed"


def checks(
    paths: SandboxPaths, endpoint: str, outputs: Mapping[str, Any], region: str
) -> Iterator[Check]:
    def client(service: str, client_region: str) -> Any:
        return aws_client(service, aws_variables(endpoint, client_region))

    def automated() -> str:
        identifier = outputs["postgres"]["identifier"]
        answer = client("rds", region).describe_db_instances(DBInstanceIdentifier=identifier)
        return f"{answer['DBInstances'][0]['BackupRetentionPeriod']} days"

    def weekly() -> str:
        plan_id = outputs["backups"]["plan_ids"]["weekly"]
        plan = client("backup", region).get_backup_plan(BackupPlanId=plan_id)["BackupPlan"]
        (rule,) = plan["Rules"]
        return f"{rule['Lifecycle']['DeleteAfterDays']} days"

    def cross_region() -> str:
        recovery_region = outputs["backups"]["vaults"]["recovery"]["region"]
        answer = client("rds", recovery_region).describe_db_instance_automated_backups(
            DBInstanceAutomatedBackupsArn=outputs["backups"]["replication_arn"]
        )
        (copy,) = answer["DBInstanceAutomatedBackups"]
        return f"{copy['BackupRetentionPeriod']} days, {copy['Status']}"

    def preflight() -> str:
        settings = load.read(paths.project_root / f"Pulumi.{paths.environment}.yaml")
        assert isinstance(settings, Settings)  # noqa: S101 - the root holds the main project
        prerequisites = Preflight(outputs, settings, client).prerequisites()
        failed = [f"{each.description}: {each.problem}" for each in prerequisites if each.problem]
        return "; ".join(failed) or PASSED

    days = documented.BACKUPS
    yield check(
        "backups: automated, for point-in-time recovery", f"{days.automated_days} days", automated
    )
    yield check("backups: weekly snapshot", f"{days.weekly_days} days", weekly)
    yield check("backups: cross-region copy", f"{days.copied_days} days, replicating", cross_region)
    yield check("backups: preflight", PASSED, preflight)
