"""A throw-away project for tests of the engine: its resources are files in a directory.

Its provider is a dynamic one, so that the engine is tested with no plugin of the sandbox's own.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from pulumi import ResourceOptions
from pulumi.dynamic import (
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)
from rich.console import Console

from engine.errors import EngineError
from engine.progress import Progress
from engine.result import Operation, Run
from ops import policy_gate
from ops.recovery import lookup
from sandbox import run
from sandbox.paths import SandboxPaths

PLUGINS = {"pulumi-python": "pulumi.dynamic"}
STACK = "trial"

FOUNDATION_PROGRAM = """
import pulumi
from tests.e2e.runs.probe import File
File("ground", path={cloud!r} + "/ground", value=1)
pulumi.export("vpc_id", "vpc-1")
pulumi.export("hidden", pulumi.Output.secret("hush-hush"))
"""
MAIN_PROGRAM = """
import pulumi
from tests.e2e.runs.probe import File
config = pulumi.Config()
foundation = pulumi.StackReference(f"organization/probe-foundation/{{pulumi.get_stack()}}")
File("house", path={cloud!r} + "/house", value=config.require("value"), delay=config.get("delay"))
pulumi.export("vpc_id", foundation.require_output("vpc_id"))
"""


class Files(ResourceProvider):
    """Creates, reads, changes and deletes a file; `delay` makes creating it take its time."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        Path(props["path"]).with_suffix(".begun").touch()
        time.sleep(float(props.get("delay") or 0))
        Path(props["path"]).write_text(json.dumps(props["value"]))
        return CreateResult(props["path"], props)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=_olds["value"] != _news["value"])

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        Path(_id).write_text(json.dumps(_news["value"]))
        return UpdateResult(_news)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        file = Path(id_)
        if not file.exists():
            return ReadResult("", {})
        return ReadResult(id_, {**props, "value": json.loads(file.read_text())})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        Path(_id).unlink(missing_ok=True)


class File(Resource):
    def __init__(self, name: str, opts: ResourceOptions | None = None, **props: Any) -> None:
        super().__init__(Files(), name, props, opts)


def write_project(root: Path) -> SandboxPaths:
    """A main and a foundation project under the directory, as the engine expects them."""
    cloud = root / "cloud"
    cloud.mkdir()
    programs = {
        root: ("probe", MAIN_PROGRAM),
        root / "foundation": ("probe-foundation", FOUNDATION_PROGRAM),
    }
    for directory, (name, program) in programs.items():
        directory.mkdir(exist_ok=True)
        (directory / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
        (directory / "__main__.py").write_text(program.format(cloud=str(cloud)))
        (directory / f"Pulumi.{STACK}.yaml").write_text("config: {}\n")
    configure(root, value="one")
    return SandboxPaths(STACK, root)


def configure(root: Path, **settings: str) -> None:
    config = {f"probe:{name}": value for name, value in settings.items()}
    (root / f"Pulumi.{STACK}.yaml").write_text(json.dumps({"config": config}))


def operate(paths: SandboxPaths, operation: Operation, console: Console | None = None) -> Run:
    progress = Progress(console or Console(quiet=True))
    return run.run(
        paths,
        operation,
        progress,
        lookup=lookup.in_region("us-east-1"),
        gate=policy_gate.of_today(),
        plugins=PLUGINS,
    )


def main() -> None:
    """Runs an operation in a process of its own, for tests that end it from outside."""
    root, operation = Path(sys.argv[1]), Operation(sys.argv[2])
    try:
        operate(SandboxPaths(STACK, root), operation, Console(stderr=True))
    except EngineError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
