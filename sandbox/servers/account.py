"""The operating-system account that servers run as: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOTS_SERVICE_ACCOUNT = "postgres"
_KEPT_VARIABLES = ("PATH", "TZ", "HOME")


class MissingAccountError(Exception):
    """The account for servers is missing; the message names the command that creates it."""


def service_account() -> pwd.struct_passwd:
    """The caller's account; for root the account `postgres`, which PostgreSQL's package creates."""
    if os.geteuid() == 0:
        try:
            return pwd.getpwnam(ROOTS_SERVICE_ACCOUNT)
        except KeyError:
            raise MissingAccountError(
                f"PostgreSQL refuses to run as root and this system has no account "
                f"{ROOTS_SERVICE_ACCOUNT}. Create it with: useradd --system {ROOTS_SERVICE_ACCOUNT}"
            ) from None
    return pwd.getpwuid(os.geteuid())


def process_options(marker: Mapping[str, str]) -> dict[str, Any]:
    """Arguments of Popen that run a program as the service account.

    Most of the caller's environment is left out: it may contain PG* variables, locales or secrets.
    """
    account = service_account()
    options: dict[str, Any] = {
        "env": {
            **{name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
            "LC_ALL": "C.UTF-8",
            **marker,
        },
        "cwd": "/",  # the account may lack access to the caller's directory
    }
    if os.geteuid() == 0:
        options |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    return options


def write_private(path: Path, content: bytes | str) -> None:
    """Writes a file, atomically, that only the service account can read."""
    data = content.encode() if isinstance(content, str) else content
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    own(partial)
    partial.replace(path)


def own(path: Path) -> None:
    """Makes the service account the owner of a file or directory."""
    account = service_account()
    os.chown(path, account.pw_uid, account.pw_gid)
