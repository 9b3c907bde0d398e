"""The Pulumi CLI: found on PATH or in the cache, else installed, else built.

Any CLI of the SDK's major version serves that is not older than the SDK. The one that is installed
or built is the newest that the Go module proxy can build, which tools/go.mod pins.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from semver import VersionInfo

from engine.errors import EngineError
from engine.paths import PROJECT_ROOT, user_cache

TOOLS = PROJECT_ROOT / "tools"
MODULE = "github.com/pulumi/pulumi/pkg/v3"
PACKAGE = f"{MODULE}/cmd/pulumi"
VERSION_SYMBOL = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
INSTALLER = "https://get.pulumi.com/install.sh"
INSTALLER_PATIENCE_S = 4.0

Say = Callable[[str], None]


def sdk_version() -> VersionInfo:
    """The version of the installed SDK, the oldest that a CLI may have."""
    from pulumi._version import version

    return version


def pinned_version() -> VersionInfo:
    """The version that tools/go.mod builds."""
    found = re.search(rf"^\s*{re.escape(MODULE)} v(\S+)", (TOOLS / "go.mod").read_text(), re.M)
    if found is None:
        raise EngineError(f"tools/go.mod requires no {MODULE}: go get -tool {PACKAGE}@latest")
    return VersionInfo.parse(found[1])


def cache_directory(version: VersionInfo) -> Path:
    """Where this user's CLI of a version is kept."""
    return user_cache() / "pulumi" / str(version)


def find(say: Say) -> Path:
    """The executable to use; whatever has to be done to get it is reported."""
    oldest = sdk_version()
    on_path = shutil.which("pulumi")
    if on_path is not None:
        found = version_of(Path(on_path))
        if found is not None and is_new_enough(found, oldest):
            say(f"Pulumi CLI {found} from PATH ({on_path})")
            return Path(on_path)
        reason = f"the SDK needs {oldest} or newer"
        say(f"Pulumi CLI {found or '(unreadable)'} on PATH is not used: {reason}")
    wanted = pinned_version()
    if not is_new_enough(wanted, oldest):
        raise EngineError(
            f"tools/go.mod pins the Pulumi CLI {wanted}, older than the SDK {oldest}: raise it by "
            f"go get -tool {PACKAGE}@v{oldest}, or lower the SDK in pyproject.toml"
        )
    cached = cache_directory(wanted) / "pulumi"
    if version_of(cached) == wanted:
        say(f"Pulumi CLI {wanted} from the cache")
        return cached
    with _only_one(cached.parent, say):
        if version_of(cached) == wanted:  # another run got it while we waited
            return cached
        if not _install(wanted, cached, say):
            _build(wanted, cached, say)
    return cached


def is_new_enough(found: VersionInfo, wanted: VersionInfo) -> bool:
    """Whether a CLI serves an SDK: it has its major version and is not older."""
    return found.major == wanted.major and found.compare(wanted) >= 0


def version_of(executable: Path) -> VersionInfo | None:
    """The version that the executable prints; None if it is missing or no Pulumi CLI."""
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
    """Lets one run at a time get the CLI; others wait for it."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another run is getting the Pulumi CLI: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(wanted: VersionInfo, target: Path, say: Say) -> bool:
    """Runs the official installer; False if it can't be reached within a few seconds or fails."""
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
            "(pulumi.com/docs/install), or Go 1.26 or newer (go.dev/doc/install; Debian: "
            "apt-get install golang)"
        )
    say(f"building the Pulumi CLI {wanted} from tools/go.mod, once: 3 to 4 minutes on two cores")
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        made = Path(scratch) / "pulumi"
        command = [go, "build", "-mod=readonly", "-trimpath", "-o", str(made)]
        command += ["-ldflags", f"-s -w -X {VERSION_SYMBOL}=v{wanted}", PACKAGE]
        log = Path(scratch) / "log"
        _run(command, log)
        if version_of(made) != wanted:
            raise EngineError(
                f"the Pulumi CLI built from tools/go.mod has version {version_of(made)}, "
                f"expected {wanted}"
            )
        made.replace(target)
    say(f"built {target}")


def _run(command: list[str], log: Path) -> None:
    with (
        log.open("w") as output,
        subprocess.Popen(
            command, cwd=TOOLS, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        ) as process,
    ):
        try:
            code = process.wait()
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    if code != 0:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise EngineError(f"building the Pulumi CLI failed (go exited with {code}):\n{tail}")
