"""A copy of the project to run the command in, so that a test never meets the user's sandbox."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox.paths import PROJECT_ROOT, SandboxPaths

_NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".sandbox", "__pycache__", "*.egg-info", ".*_cache", ".hypothesis"
)

COMMAND = "from ops.cli import main; main()"
DESTROY = """
import json, sys
from rich.console import Console
from ops.sandbox.run import run
from engine.progress import Progress
from engine.result import Operation
from sandbox.paths import SandboxPaths
done = run(SandboxPaths(sys.argv[1]), Operation.DESTROY, Progress(Console(stderr=True)))
print(json.dumps(done.document()))
"""


@dataclass(frozen=True)
class Finished:
    """A command that ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        return json.loads(self.stdout)

    @property
    def changed(self) -> dict[str, list[str]]:
        """The changed paths of everything that was not left as it was, by URN."""
        return {
            resource["urn"]: [resource["op"], *resource["changed"]]
            for resource in self.document["resources"]
            if resource["op"] not in ("same", "read")
        }

    def paths(self, urn: str) -> set[str]:
        """The changed paths of a resource."""
        return {
            path
            for resource in self.document["resources"]
            if resource["urn"] == urn
            for path in resource["changed"]
        }


@dataclass(frozen=True)
class Checkout:
    """A project directory with `nexusdb` in it."""

    root: Path

    @classmethod
    def copy_to(cls, root: Path) -> Checkout:
        shutil.copytree(PROJECT_ROOT, root, ignore=_NOT_COPIED)
        return cls(root)

    def reset(self) -> None:
        """Brings the files back to those of the project; what the sandbox has made stays."""
        for path in self.root.iterdir():
            if path.name == ".sandbox":
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        shutil.copytree(PROJECT_ROOT, self.root, ignore=_NOT_COPIED, dirs_exist_ok=True)

    def paths(self, environment: str = "production") -> SandboxPaths:
        return SandboxPaths(environment, self.root)

    def popen(
        self, *arguments: str, program: str = COMMAND, **variables: str
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(self.root), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, program: str = COMMAND, **variables: str) -> Finished:
        process = self.popen(*arguments, program=program, **variables)
        stdout, stderr = process.communicate(timeout=300)
        return Finished(process.returncode, stdout, stderr)

    def sandbox(self, operation: str, *options: str, env: str = "production") -> Finished:
        """`nexusdb sandbox OPERATION --json`, whatever its exit code."""
        return self.run("sandbox", operation, "--env", env, "--json", *options)

    def up(self, env: str = "production") -> Finished:
        """`nexusdb sandbox up`, which has to succeed."""
        finished = self.sandbox("up", env=env)
        assert finished.code == 0, finished.stderr + finished.stdout
        return finished

    def destroy(self, env: str = "production") -> Finished:
        """Lets the engine destroy the environment while its emulated cloud lives on."""
        return self.run(env, program=DESTROY)

    def exports(self, env: str = "production") -> dict[str, str]:
        """The variables of `nexusdb sandbox env`."""
        finished = self.run("sandbox", "env", "--env", env, "--json")
        assert finished.code == 0, finished.stderr
        return finished.document

    def edit(self, file: str, **values: Any) -> str:
        """Sets dotted keys in a YAML file and returns its text from before."""
        path = self.root / file
        before = path.read_text()
        content = yaml.safe_load(before)
        for dotted, value in values.items():
            *parents, last = dotted.split("/")
            place = content
            for key in parents:
                place = place[key]
            place[last] = value
        path.write_text(yaml.safe_dump(content))
        return before
