"""Compares the documented backup schedule with AWS Backup, and runs the backup preflight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from acceptance import documented
from acceptance.backup_preflight import Preflight
from config import load
from config.settings.stack import Settings
from engine.result import Check
from sandbox.clients import aws_client
from sandbox.paths import SandboxPaths
from sandbox.variables import aws_variables

Tried = Callable[[str, str, Callable[[], str]], Check]
FITS = "fits"


def checks(
    paths: SandboxPaths, endpoint: str, outputs: Mapping[str, Any], region: str, tried: Tried
) -> list[Check]:
    def client(service: str, of: str) -> Any:
        return aws_client(service, aws_variables(endpoint, of))

    def automated() -> str:
        identifier = outputs["postgres"]["identifier"]
        answer = client("rds", region).describe_db_instances(DBInstanceIdentifier=identifier)
        return f"{answer['DBInstances'][0]['BackupRetentionPeriod']} days"

    def weekly() -> str:
        plan_id = outputs["backups"]["plan_ids"]["weekly"]
        plan = client("backup", region).get_backup_plan(BackupPlanId=plan_id)["BackupPlan"]
        (rule,) = plan["Rules"]
        return f"{rule['Lifecycle']['DeleteAfterDays']} days"

    def copied() -> str:
        away = outputs["backups"]["vaults"]["recovery"]["region"]
        answer = client("rds", away).describe_db_instance_automated_backups(
            DBInstanceAutomatedBackupsArn=outputs["backups"]["replication_arn"]
        )
        (copy,) = answer["DBInstanceAutomatedBackups"]
        return f"{copy['BackupRetentionPeriod']} days, {copy['Status']}"

    def preflight() -> str:
        settings = load.read(paths.project_root / f"Pulumi.{paths.environment}.yaml")
        assert isinstance(settings, Settings)  # noqa: S101 - the root's project is the main one
        proofs = Preflight(outputs, settings, client).proofs()
        wrong = [f"{proof.what}: {proof.wrong}" for proof in proofs if not proof.holds]
        return "; ".join(wrong) or FITS

    kept = documented.BACKUPS
    return [
        tried("backups: automated, point-in-time", f"{kept.automated_days} days", automated),
        tried("backups: weekly snapshot", f"{kept.weekly_days} days", weekly),
        tried("backups: in the other region", f"{kept.copied_days} days, replicating", copied),
        tried("backups: what the first one needs", FITS, preflight),
    ]
