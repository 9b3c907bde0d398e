"""The drift report of an environment: findings of its projects and of its database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pulumi.automation import EngineEvent

from config.settings.database import DatabaseSettings
from database.logins import UnreachableError
from ops.drift import cloud_changes
from ops.drift.cloud_findings import cloud_findings, deduplicated
from ops.drift.database_findings import database_findings
from ops.drift.findings import EXISTS, Change, Finding
from policy.model import Severity


class DriftError(Exception):
    """The comparison failed; the message says why."""


@dataclass(frozen=True)
class ProjectComparison:
    """The engine's events of one project's two comparisons, and its recorded outputs."""

    preview: Iterable[EngineEvent]
    refresh: Iterable[EngineEvent]
    outputs: Mapping[str, Any]


@dataclass(frozen=True)
class Report:
    findings: tuple[Finding, ...]
    """The most severe first."""
    notes: tuple[str, ...] = ()
    """Comparisons that were skipped, and why."""


def report(
    projects: Iterable[ProjectComparison],
    code: DatabaseSettings,
    secrets_manager: Callable[[], Any],
) -> Report:
    """The findings in cloud and database. The last project is the one with the database.

    `code` is the database catalog that the code declares; `secrets_manager` creates a boto3 client.
    Raises DriftError if the database can't be reached and no drift in the cloud explains it.
    """
    compared = list(projects)
    unapplied = [
        change for each in compared for change in cloud_changes.unapplied_changes(each.preview)
    ]
    drifted = [
        change for each in compared for change in cloud_changes.drifted_changes(each.refresh)
    ]
    main = compared[-1]
    notes: tuple[str, ...] = ()
    in_database: list[Finding] | None = None
    if "postgres" not in main.outputs:
        notes = ("the stack has no database yet; only the cloud was compared",)
    else:
        try:
            in_database = database_findings(main.outputs, secrets_manager(), code, _applied(main))
        except (UnreachableError, ClientError, BotoCoreError) as error:
            if not drifted:
                raise DriftError(f"the database can't be compared: {error}") from None
            notes = (f"the database was not compared: {error}",)
    if in_database is not None:
        covered = cloud_changes.CATALOG_COVERED_TYPES
        drifted = [change for change in drifted if not change.type.startswith(covered)]
    names = cloud_changes.database_names([*main.preview, *main.refresh])
    drifted = list(deduplicated(drifted, names, in_database or ()))
    findings = cloud_findings(_without_recreated(unapplied, drifted), drifted)
    order = list(Severity)
    return Report(
        tuple(
            sorted(
                findings + (in_database or []),
                key=lambda finding: (order.index(finding.severity), finding.resource),
            )
        ),
        notes,
    )


def _applied(main: ProjectComparison) -> DatabaseSettings | None:
    recorded = cloud_changes.applied_catalog(main.preview)
    return DatabaseSettings.model_validate_json(recorded) if recorded else None


def _without_recreated(unapplied: list[Change], drifted: list[Change]) -> list[Change]:
    """Drops the property changes of deleted resources, whose re-creation is a finding already."""
    deleted = {change.urn for change in drifted if change.path == EXISTS}
    return [change for change in unapplied if change.urn not in deleted or change.path == EXISTS]
