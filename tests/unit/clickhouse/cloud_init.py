"""What cloud-init says of a document: the schema of its own release, fetched when it is wanted."""

from __future__ import annotations

import fcntl
import io
import json
import shutil
import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator

from sandbox.paths import user_cache

FILE = "schema-cloud-config-v1.json"
INSTALLED = f"python3*/*-packages/cloudinit/config/schemas/{FILE}"


class MissingSchemaError(Exception):
    """The schema can't be had; the message says how to get it."""


def faults(document: dict[str, Any]) -> list[str]:
    """The schema's complaints, and the keys that no module of cloud-init knows: it ignores them."""
    wrong = Draft4Validator(schema()).iter_errors(document)
    return [
        *(f"{error.json_path}: {error.message}" for error in wrong),
        *(f"$.{key}: no module knows it" for key in sorted(document.keys() - known())),
    ]


def known() -> set[str]:
    modules = [schema()["$defs"][part["$ref"].rpartition("/")[2]] for part in schema()["allOf"]]
    return {key for module in modules for key in module.get("properties", {})}


@cache
def schema() -> dict[str, Any]:
    installed = sorted(Path("/usr/lib").glob(INSTALLED))
    path = installed[0] if installed else fetched(user_cache() / "cloud-init")
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def fetched(directory: Path) -> Path:
    """Out of Debian's package, never installed: it would run when the machine starts."""
    target = directory / FILE
    by_hand = f"Put {FILE} of any cloud-init (cloudinit/config/schemas) into {directory}"
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock, tempfile.TemporaryDirectory(dir=directory) as made:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            if shutil.which("apt-get") is None:
                raise MissingSchemaError(f"there is no apt-get. {by_hand}")
            part = Path(made) / FILE
            try:
                part.write_bytes(_of_package(_downloaded(Path(made))))
            except MissingSchemaError as error:
                raise MissingSchemaError(f"{error}\n{by_hand}") from error
            part.replace(target)
    return target


def _downloaded(scratch: Path) -> Path:
    """apt-get with lists of its own: a fresh machine has none, and only root may fill them."""
    lists = scratch / "lists"
    lists.mkdir()
    own = [f"Dir::State::Lists={lists}", f"Dir::Cache={scratch}", "APT::Sandbox::User="]
    options = [word for option in own for word in ("-o", option)]
    said = ""
    for command in (["update"], ["download", "cloud-init"]):
        answer = subprocess.run(
            ["apt-get", "-qq", *options, *command],
            cwd=scratch,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        said += answer.stdout + answer.stderr
    packages = sorted(scratch.glob("cloud-init_*.deb"))
    if not packages:
        raise MissingSchemaError(f"`apt-get download cloud-init` brings no package:\n{said}")
    return packages[0]


def _of_package(package: Path) -> bytes:
    answer = subprocess.run(
        ["dpkg-deb", "--fsys-tarfile", package], capture_output=True, check=True
    )
    with tarfile.open(fileobj=io.BytesIO(answer.stdout)) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.name.endswith(f"/{FILE}") else None
            if content is not None:
                return content.read()
    raise MissingSchemaError(f"{package.name} has no {FILE}")
