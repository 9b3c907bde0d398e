"""An empty cluster, created once by initdb and then copied, in a quarter of initdb's time.

It is in the user's cache, readable only by the service account. Roles, access rules and parameters
are added for each server, so it contains no secrets.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from sandbox.paths import user_cache
from sandbox.servers import processes
from sandbox.servers.account import service_account
from sandbox.servers.postgres import binaries


def fill(data: Path, options: Sequence[str], initdb: Callable[[Sequence[str]], None]) -> None:
    """Makes the empty directory a cluster with these options of initdb."""
    template = _template(options)
    if template.is_dir():
        processes.copy_files(template, data)
        return
    initdb([f"--pgdata={data}", *options])
    scratch = template.with_name(f"{template.name}.{os.getpid()}")
    scratch.mkdir(parents=True)
    processes.copy_files(data, scratch)
    try:
        scratch.rename(template)
    except OSError:  # another process was faster
        shutil.rmtree(scratch)


def _template(options: Sequence[str]) -> Path:
    version = subprocess.run(
        [binaries.directory() / "initdb", "--version"], capture_output=True, text=True, check=True
    )
    key = "\0".join([version.stdout, service_account().pw_name, *options])
    return user_cache() / "initdb" / hashlib.sha256(key.encode()).hexdigest()[:16]
