"""Prepares the Pulumi CLI's files: copies of the project files, plugin shims, the passphrase."""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from engine.projects import IN_ORDER, Project, read_yaml
from sandbox.paths import PROJECT_ROOT, SandboxPaths

PLUGINS: Mapping[str, str] = {
    "aws": "sandbox.providers.aws",
    "postgresql": "sandbox.providers.postgresql",
    "random": "sandbox.providers.random",
    "tls": "sandbox.providers.tls",
    "pulumi-python": "pulumi.dynamic",  # dynamic resources; the same module as in a real run
}
"""Provider name -> the module that serves it."""

NOT_COPIED_FROM_PROJECT = ("backend", "main")
NOT_COPIED_FROM_STACK = ("secretsprovider", "encryptedkey", "encryptionsalt")


def lay_out(paths: SandboxPaths, plugins: Mapping[str, str] = PLUGINS) -> None:
    """Writes these files into the environment's directory. Can be called again at any time."""
    for directory in (paths.directory, paths.state, paths.pulumi_home, paths.plugins):
        directory.mkdir(parents=True, exist_ok=True)
    paths.directory.chmod(0o700)
    ensure_passphrase(paths)
    for name, module in plugins.items():
        write_shim(paths, name, module)
    for project in IN_ORDER:
        copy_project(paths, project, plugins)


def copy_project(
    paths: SandboxPaths, project: Project, plugins: Mapping[str, str] = PLUGINS
) -> None:
    """Copies one project's Pulumi.yaml and stack file, adapted to the sandbox."""
    source, work = project.source(paths.project_root), paths.work(project.label)
    work.mkdir(parents=True, exist_ok=True)
    settings = sandboxed_project(read_yaml(source / "Pulumi.yaml"), paths, plugins)
    write_yaml(work / "Pulumi.yaml", settings)
    stack_file = f"Pulumi.{paths.environment}.yaml"
    copy = work / stack_file
    previous = read_yaml(copy) if copy.is_file() else {}
    write_yaml(copy, sandboxed_stack(read_yaml(source / stack_file), previous))


def sandboxed_project(
    settings: Mapping[str, Any], paths: SandboxPaths, plugins: Mapping[str, str]
) -> dict[str, Any]:
    """The project's settings without its backend, with the sandbox's plugins by path."""
    kept = {key: value for key, value in settings.items() if key not in NOT_COPIED_FROM_PROJECT}
    providers = [{"name": name, "path": str(paths.plugins / name)} for name in plugins]
    # The runtime's options name a virtualenv relative to the original file. They are dropped, since
    # the sandbox runs the program in this process.
    return {**kept, "runtime": "python", "plugins": {"providers": providers}}


def sandboxed_stack(settings: Mapping[str, Any], previous: Mapping[str, Any]) -> dict[str, Any]:
    """The stack's settings without its secrets provider, with the previous copy's salt."""
    kept = {key: value for key, value in settings.items() if key not in NOT_COPIED_FROM_STACK}
    salt = previous.get("encryptionsalt")
    return {**kept, "encryptionsalt": salt} if salt else kept


def ensure_passphrase(paths: SandboxPaths) -> None:
    """Creates the state's passphrase unless it exists: random, and readable only by its owner."""
    if paths.passphrase.exists():
        return
    scratch = paths.passphrase.with_suffix(".new")
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(32))
    scratch.replace(paths.passphrase)


def write_policy_pack(paths: SandboxPaths, pack: Path) -> Path:
    """Writes an executable that runs a policy pack in this Python, for the engine to start. Given
    the pack's directory, the engine would need its Python language plugin, which only the official
    CLI includes."""
    # the engine passes its address as the first argument; the pack's directory follows
    return write_shim(paths, pack.name, "pulumi.policy", f'"$1" {shlex.quote(str(pack))}', "policy")


def write_shim(
    paths: SandboxPaths, name: str, module: str, arguments: str = '"$@"', kind: str = "resource"
) -> Path:
    """Writes an executable that the engine starts as a plugin. It runs a module in this Python."""
    directory = paths.plugins / name
    directory.mkdir(parents=True, exist_ok=True)
    shim = directory / f"pulumi-{kind}-{name}"
    root, python = shlex.quote(str(PROJECT_ROOT)), shlex.quote(sys.executable)
    path = f"PYTHONPATH={root}${{PYTHONPATH:+:$PYTHONPATH}}"
    shim.write_text(
        f"#!/bin/sh\n{path} exec {python} -u -m {module} {arguments}\n", encoding="utf-8"
    )
    shim.chmod(0o755)
    return shim


def write_yaml(file: Path, content: Mapping[str, Any]) -> None:
    """Replaces a YAML file atomically."""
    scratch = file.with_suffix(".new")
    scratch.write_text(yaml.safe_dump(dict(content), sort_keys=False), encoding="utf-8")
    scratch.replace(file)


def has_state(paths: SandboxPaths) -> bool:
    """Whether this environment has the state of any stack."""
    return any(paths.state.glob(".pulumi/stacks/*/*.json"))


def discard_state(paths: SandboxPaths) -> None:
    """Deletes the state of both stacks. For use when the resources it records no longer exist."""
    for directory in (paths.state, paths.directory / "work"):
        shutil.rmtree(directory, ignore_errors=True)
