"""The Pulumi CLI of the sandbox: found on PATH or in the cache, else installed, else built."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from semver import VersionInfo

from engine.errors import EngineError
from engine.paths import PROJECT_ROOT, user_cache

TOOLS = PROJECT_ROOT / "tools"
PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VERSION_SYMBOL = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
INSTALLER = "https://get.pulumi.com/install.sh"
INSTALLER_PATIENCE_S = 4.0
REPORT_EVERY_S = 15.0

Say = Callable[[str], None]


def sdk_version() -> VersionInfo:
    """The SDK's version: CLI and SDK of one release belong together."""
    from pulumi._version import version

    return version


def cache_directory(version: VersionInfo) -> Path:
    """Where this user's CLI of a version is kept."""
    return user_cache() / "pulumi" / str(version)


def find(say: Say) -> Path:
    """The executable to use; whatever had to be done to get it is said."""
    wanted = sdk_version()
    on_path = shutil.which("pulumi")
    if on_path is not None:
        found = version_of(Path(on_path))
        if found is not None and is_new_enough(found, wanted):
            say(f"Pulumi CLI {found} from PATH ({on_path})")
            return Path(on_path)
        say(f"Pulumi CLI on PATH is {found or 'unreadable'}, {wanted} is needed: not used")
    cached = cache_directory(wanted) / "pulumi"
    if version_of(cached) == wanted:
        say(f"Pulumi CLI {wanted} from the cache")
        return cached
    with _only_one(cached.parent, say):
        if version_of(cached) == wanted:  # another run made it while we waited
            return cached
        if not _install(wanted, cached, say):
            _build(wanted, cached, say)
    return cached


def is_new_enough(found: VersionInfo, wanted: VersionInfo) -> bool:
    """A CLI serves an SDK of its own major version that isn't newer than itself."""
    return found.major == wanted.major and found.compare(wanted) >= 0


def version_of(executable: Path) -> VersionInfo | None:
    """What the executable says its version is; None if it isn't one of ours to run."""
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        answer = subprocess.run(
            [executable, "version"],
            capture_output=True,
            text=True,
            timeout=30,
            env=environment,
            check=True,
        )
        return VersionInfo.parse(answer.stdout.strip().removeprefix("v"))
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


@contextmanager
def _only_one(directory: Path, say: Say) -> Iterator[None]:
    """Two runs that both lack the CLI: the second waits for the first one's."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another run is getting the Pulumi CLI: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(wanted: VersionInfo, target: Path, say: Say) -> bool:
    """The official installer, where it can be reached within a few seconds."""
    try:
        with urllib.request.urlopen(INSTALLER, timeout=INSTALLER_PATIENCE_S) as response:
            script: bytes = response.read()
    except (urllib.error.URLError, TimeoutError, OSError):
        say("the official installer of the Pulumi CLI can't be reached")
        return False
    say(f"installing the Pulumi CLI {wanted} with the official installer")
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        root = Path(scratch)
        installer = root / "install.sh"
        installer.write_bytes(script)
        arguments = ["--no-edit-path", "--install-root", scratch, "--version", str(wanted)]
        try:
            subprocess.run(
                ["sh", installer, *arguments], capture_output=True, timeout=300, check=True
            )
            made = root / "bin" / "pulumi"
            if version_of(made) != wanted:
                raise FileNotFoundError(made)
            made.replace(target)
        except (OSError, subprocess.SubprocessError):
            say("the official installer failed")
            return False
    return True


def _build(wanted: VersionInfo, target: Path, say: Say) -> None:
    go = shutil.which("go")
    if go is None:
        raise EngineError(
            f"the Pulumi CLI {wanted} is neither on PATH nor cached, its installer isn't "
            "available, and there is no Go to build it with. Install one of: the CLI "
            "(pulumi.com/docs/install), or Go 1.25 or newer (go.dev/doc/install; Debian: "
            "apt-get install golang)"
        )
    say(f"building the Pulumi CLI {wanted} from tools/go.mod, once: 3 to 4 minutes on two cores")
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        made = Path(scratch) / "pulumi"
        command = [go, "build", "-mod=readonly", "-trimpath", "-o", str(made)]
        command += ["-ldflags", f"-s -w -X {VERSION_SYMBOL}=v{wanted}", PACKAGE]
        log = Path(scratch) / "log"
        _run_with_progress(command, log, say)
        if version_of(made) != wanted:
            raise EngineError(
                f"the Pulumi CLI built from tools/go.mod says version {version_of(made)}, "
                f"expected {wanted}: tools/go.mod and the SDK in pyproject.toml must agree"
            )
        made.replace(target)
    say(f"built {target}")


def _run_with_progress(command: list[str], log: Path, say: Say) -> None:
    started = time.monotonic()
    with (
        log.open("w") as output,
        subprocess.Popen(
            command, cwd=TOOLS, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        ) as process,
    ):
        try:
            while True:
                try:
                    code = process.wait(REPORT_EVERY_S)
                    break
                except subprocess.TimeoutExpired:
                    say(f"  still building ({time.monotonic() - started:.0f} s)")
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    if code != 0:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise EngineError(f"building the Pulumi CLI failed (go exited with {code}):\n{tail}")
