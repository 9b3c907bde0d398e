"""Runs an operation in the sandbox with what is specific to NexusFlow: policy, the lookups for
recovery, the image in the stack file, and the checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.progress import Progress
from engine.projects import FOUNDATION, MAIN, read_yaml
from engine.result import Operation, Run
from ops import policy_gate
from ops.recovery import lookup
from sandbox import run as sandbox_run
from sandbox.clients import aws_client
from sandbox.images import Image, push
from sandbox.paths import SandboxPaths
from sandbox.run import Checks
from sandbox.variables import aws_variables


def run(
    paths: SandboxPaths,
    operation: Operation,
    progress: Progress,
    *,
    checks: Checks | None = None,
    with_pack: bool = False,
    preview_only: bool = False,
    refresh: bool = False,
) -> Run:
    """The operation over both projects, judged by policy/, then the checks."""
    return sandbox_run.run(
        paths,
        operation,
        progress,
        lookup=lookup.in_region(sandbox_run.region(paths)),
        gate=policy_gate.of_today(),
        policy_packs=(policy_gate.PACK,) if with_pack else (),
        updated={FOUNDATION: push_image},
        preview_only=preview_only,
        refresh=refresh,
        checks=checks,
    )


def push_image(paths: SandboxPaths, endpoint: str, outputs: Mapping[str, Any]) -> None:
    """Pushes the image of the stack file into the repository of the foundation's outputs."""
    config = read_yaml(paths.stack_file(MAIN)).get("config") or {}
    image = (config.get("nexusflow:pgbouncer") or {}).get("image")
    url = (outputs.get("repositories") or {}).get("pgbouncer")
    if image and url:
        ecr = aws_client("ecr", aws_variables(endpoint, sandbox_run.region(paths)))
        repository = str(url).partition("/")[2]
        push(ecr, Image(repository, str(image["version"]), str(image["digest"])))
