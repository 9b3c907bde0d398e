"""Saves a running environment on this machine under a name, and brings it back as it was.

A snapshot holds the recorded state, the emulated account and the servers' data, secrets included:
only its owner can read its directory. It can only be restored by the code that wrote it, and only
while its ports are free.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from engine.errors import RefusedError
from engine.processes import leftovers, lock
from engine.progress import Progress
from sandbox import workspace
from sandbox.emulator import client
from sandbox.errors import SandboxError
from sandbox.paths import PROJECT_ROOT, SandboxPaths
from sandbox.ports import is_free
from sandbox.servers import processes

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_STAMP, _FILES, _EMULATOR = "stamp.json", "files", "emulator"


@dataclass(frozen=True)
class Stamp:
    """What has to be the same, or free, for a snapshot to be restored."""

    code: str
    """A digest of the sandbox's own source files."""
    moto: str
    ports: tuple[int, ...]

    def differences(self, now: Stamp) -> list[str]:
        found = []
        if self.moto != now.moto:
            found.append(f"moto {self.moto} wrote it, and this is moto {now.moto}")
        if self.code != now.code:
            found.append("the files of sandbox/ have changed since")
        return found


def save(paths: SandboxPaths, name: str, progress: Progress) -> None:
    """Replaces a snapshot of the same name. Open connections to PostgreSQL end."""
    _require_name(name)
    with lock.held(paths):
        emulator = client.running(paths)
        if emulator is None or not workspace.has_state(paths):
            raise RefusedError(
                f"{paths.environment} isn't running: there is nothing to save; "
                f"start it with: nexusdb sandbox up --env {paths.environment}"
            )
        snapshots = directory(paths)
        snapshots.mkdir(mode=0o700, exist_ok=True)
        scratch, finished = snapshots / f".{name}.partial", snapshots / name
        shutil.rmtree(scratch, ignore_errors=True)
        with progress.phase(f"saving {paths.environment} as {name}"):
            for each in (scratch, scratch / _FILES, scratch / _EMULATOR):
                each.mkdir(mode=0o700)
            stamp = _stamp(_ports(emulator))
            with _explained():
                client.save(emulator, scratch / _EMULATOR)
            processes.copy_files(paths.directory, scratch / _FILES)
            (scratch / _STAMP).write_text(json.dumps(asdict(stamp)) + "\n")
            shutil.rmtree(finished, ignore_errors=True)
            scratch.rename(finished)
    progress.say(f"{paths.environment}: saved as {name}")


def restore(paths: SandboxPaths, name: str, progress: Progress) -> None:
    """Replaces what runs by what was saved. What is refused leaves everything as it was."""
    _require_name(name)
    with lock.held(paths):
        saved = directory(paths) / name
        stamp = _recorded(paths, saved)
        if differences := stamp.differences(_stamp(())):
            raise RefusedError(
                f"{name} can't be restored: {' and '.join(differences)}; build the environment "
                f"anew with: nexusdb sandbox up --env {paths.environment}"
            )
        running = client.running(paths)
        own = set(_ports(running)) if running else set()
        if taken := [str(port) for port in stamp.ports if port not in own and not is_free(port)]:
            raise RefusedError(
                f"{name} can't be restored: another program listens on the port "
                f"{', '.join(taken)} of this machine; end it and try again"
            )
        with progress.phase(f"restoring {paths.environment} from {name}"), _explained():
            leftovers.end_orphans(processes.variables(paths, processes.ENGINE))
            client.stop(paths)
            shutil.rmtree(paths.directory, ignore_errors=True)
            paths.directory.mkdir(mode=0o700)
            processes.copy_files(saved / _FILES, paths.directory)
            client.ensure(paths, snapshot=saved / _EMULATOR)
    progress.say(f"{paths.environment}: restored from {name}")


def directory(paths: SandboxPaths) -> Path:
    """Where an environment's snapshots are; `down` leaves them."""
    return paths.directory.parent / f"{paths.environment}.snapshots"


def _recorded(paths: SandboxPaths, saved: Path) -> Stamp:
    try:
        read = json.loads((saved / _STAMP).read_text())
    except FileNotFoundError:
        names = sorted(file.parent.name for file in directory(paths).glob(f"[!.]*/{_STAMP}"))
        known = f"it has {', '.join(names)}" if names else "it has none"
        raise RefusedError(
            f"{paths.environment} has no snapshot {saved.name}: {known}; save one with: "
            f"nexusdb sandbox save {saved.name} --env {paths.environment}"
        ) from None
    return Stamp(str(read["code"]), str(read["moto"]), tuple(read["ports"]))


def _require_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise RefusedError(
            f'"{name}" is not a valid snapshot name: use up to 64 letters, digits, dots, hyphens '
            "and underscores, and begin with a letter or a digit"
        )


def _stamp(ports: tuple[int, ...]) -> Stamp:
    digest = hashlib.sha256()
    for file in sorted((PROJECT_ROOT / "sandbox").rglob("*.py")):
        digest.update(f"{file.relative_to(PROJECT_ROOT)}\0".encode() + file.read_bytes())
    return Stamp(digest.hexdigest(), version("moto"), ports)


def _ports(emulator: client.Emulator) -> tuple[int, ...]:
    """The emulator's port and those of its servers."""
    with urllib.request.urlopen(f"{emulator.endpoint}/_sandbox/servers", timeout=10) as answer:  # noqa: S310 - our own http endpoint
        listed = json.loads(answer.read())
    return (urlsplit(emulator.endpoint).port or 0, *(int(server["port"]) for server in listed))


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except client.EmulatorError as error:
        raise SandboxError(str(error)) from None
