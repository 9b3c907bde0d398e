"""Runs the comparisons of `nexusdb drift` in a real environment, with the official CLI."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from pulumi import automation
from pulumi.automation import EngineEvent

from config import load
from config.settings.database import DatabaseSettings
from config.settings.stack import Settings
from database.logins import UnreachableError
from ops.drift import cloud, database
from ops.drift.findings import EXISTS, Change, Finding, Severity, cloud_findings, deduplicated

Say = Callable[[str], None]


class DriftError(Exception):
    """The comparison could not be made; the message says why."""


@dataclass(frozen=True)
class Compared:
    """The engine's events of one project's two comparisons, and its recorded outputs."""

    previewed: Iterable[EngineEvent]
    refreshed: Iterable[EngineEvent]
    outputs: Mapping[str, Any]


@dataclass(frozen=True)
class Report:
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()


def compare(root: Path, environment: str, say: Say) -> Report:
    """Both layers of an environment by the Pulumi CLI and the credentials of the caller."""
    projects = [_compared(directory, environment, say) for directory in (root / "foundation", root)]
    say("main: comparing with the database …")
    access = access_of(root, environment)
    return report(projects, access, lambda: boto3.client("secretsmanager", access.region))


@dataclass(frozen=True)
class EnvironmentAccess:
    """The catalog of the code for one environment, and the region of its secrets."""

    database: DatabaseSettings
    region: str


def access_of(root: Path, environment: str) -> EnvironmentAccess:
    settings = load.read(root / f"Pulumi.{environment}.yaml")
    assert isinstance(settings, Settings)  # noqa: S101 - the root's project is the main one
    return EnvironmentAccess(settings.database, settings.aws.region)


def report(
    projects: Iterable[Compared], of: EnvironmentAccess, secrets: Callable[[], Any]
) -> Report:
    """The findings of the cloud, then of the database; the last project is the one with it."""
    compared = list(projects)
    unapplied = [change for each in compared for change in cloud.unapplied(each.previewed)]
    drifted = [change for each in compared for change in cloud.drifted(each.refreshed)]
    main = compared[-1]
    notes: tuple[str, ...] = ()
    in_database: list[Finding] | None = None
    recorded = cloud.recorded_access(main.previewed)
    if "postgres" not in main.outputs:
        notes = ("the stack has no database yet: only the cloud was compared",)
    else:
        try:
            in_database = database.findings(
                main.outputs,
                secrets(),
                of.database,
                DatabaseSettings.model_validate_json(recorded) if recorded else None,
            )
        except (UnreachableError, ClientError, BotoCoreError) as error:
            if not drifted:
                raise DriftError(f"the database can't be compared: {error}") from None
            notes = (f"the database was not compared: {error}",)
    names = cloud.covered([*main.previewed, *main.refreshed])
    if in_database is not None:
        drifted = [each for each in drifted if not each.type.startswith(cloud.IN_THE_CATALOG)]
    mine = list(deduplicated(drifted, names, in_database or ()))
    findings = cloud_findings(_others(unapplied, mine), mine) + (in_database or [])
    order = list(Severity)
    return Report(
        tuple(sorted(findings, key=lambda each: (order.index(each.severity), each.resource))),
        notes,
    )


def _others(unapplied: list[Change], drifted: list[Change]) -> list[Change]:
    """A creation that a preview foresees tells more than its single properties."""
    gone = {change.urn for change in drifted if change.path == EXISTS}
    return [change for change in unapplied if change.urn not in gone or change.path == EXISTS]


def _compared(directory: Path, environment: str, say: Say) -> Compared:
    previewed: list[EngineEvent] = []
    refreshed: list[EngineEvent] = []
    with _told(directory, environment):
        stack = automation.select_stack(environment, work_dir=str(directory))
        say(f"{stack.workspace.project_settings().name}: comparing with code and cloud …")
        stack.preview(on_event=previewed.append)
        stack.preview_refresh(on_event=refreshed.append)
        outputs = {name: output.value for name, output in stack.outputs().items()}
    return Compared(previewed, refreshed, outputs)


@contextmanager
def _told(directory: Path, environment: str) -> Iterator[None]:
    try:
        yield
    except automation.StackNotFoundError:
        raise DriftError(f"{directory}: there is no stack {environment!r}") from None
    except automation.CommandError as error:
        lines = [line.strip() for line in str(error).splitlines() if "error:" in line]
        raise DriftError(f"{directory}: {'; '.join(lines) or 'the Pulumi CLI failed'}") from None
