"""The pooler's own configuration made to fit this machine, pure.

Only addresses, paths and the settings that the release found here doesn't know differ from what
the image runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from configparser import ConfigParser
from pathlib import Path

from components.pgbouncer.config import DIRECTORY, SERVER_CA, known, text

Sections = Mapping[str, Mapping[str, str]]
MACHINES_OWN = frozenset(
    {
        *("listen_addr", "listen_port", "unix_socket_dir", "auth_file"),
        *("client_tls_cert_file", "client_tls_key_file", "server_tls_ca_file"),
    }
)
"""The addresses and paths among the settings."""


def parsed(ini: str) -> Sections:
    parser = ConfigParser(interpolation=None, delimiters=("=",), comment_prefixes=(";", "#"))
    parser.optionxform = str  # type: ignore[assignment,method-assign] # names keep their case
    parser.read_string(ini)
    return {name: dict(parser[name]) for name in parser.sections()}


def adapted(
    ini: str,
    directory: Path,
    port: int,
    release: tuple[int, int],
    address_of: Callable[[str], str],
) -> str:
    """The same configuration for a private directory, a port and the servers of this machine."""
    sections = parsed(ini)
    databases = {
        name: re.sub(r"\bhost=(\S+)", lambda found: f"host={address_of(found[1])}", entry)
        for name, entry in sections["databases"].items()
    }
    stated = known(sections["pgbouncer"], release)
    own = {
        key: _moved(value, directory) for key, value in stated.items() if key in MACHINES_OWN
    } | {"listen_addr": "127.0.0.1", "listen_port": str(port)}
    return text({**sections, "databases": databases, "pgbouncer": {**stated, **own}})


def _moved(path: str, directory: Path) -> str:
    if path == SERVER_CA:
        return str(directory / Path(SERVER_CA).name)
    return path.replace(DIRECTORY, str(directory), 1)
