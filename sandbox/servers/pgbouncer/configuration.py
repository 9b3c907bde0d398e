"""Adapts PgBouncer's configuration to this machine: pure.

It differs from the image's only in addresses, paths and settings that the installed release lacks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from configparser import ConfigParser
from pathlib import Path

Sections = Mapping[str, Mapping[str, str]]
FILES: Mapping[str, str] = {
    "auth_file": "userlist.txt",
    "client_tls_cert_file": "tls.crt",
    "client_tls_key_file": "tls.key",
    "server_tls_ca_file": "server-ca.pem",
}
"""Setting -> the name of its file in the server's own directory."""
MACHINES_OWN = frozenset({"listen_addr", "listen_port", "unix_socket_dir", *FILES})
"""Settings with the addresses and paths of a machine."""
SINCE: Mapping[str, tuple[int, int]] = {"max_prepared_statements": (1, 21)}
"""Settings that older releases refuse -> the first release that has them (PgBouncer's
changelog)."""


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
    """The configuration for a directory and port of this machine, with resolved addresses."""
    sections = parsed(ini)
    databases = {
        name: re.sub(r"\bhost=(\S+)", lambda found: f"host={address_of(found[1])}", entry)
        for name, entry in sections["databases"].items()
    }
    known = {
        key: value
        for key, value in sections["pgbouncer"].items()
        if SINCE.get(key, release) <= release
    }
    own = {
        **{key: str(directory / name) for key, name in FILES.items() if key in known},
        "unix_socket_dir": str(directory),
        "listen_addr": "127.0.0.1",
        "listen_port": str(port),
    }
    return text({**sections, "databases": databases, "pgbouncer": {**known, **own}})


def text(sections: Sections) -> str:
    """The sections in INI format."""
    return "\n".join(
        "\n".join([f"[{name}]", *(f"{key} = {value}" for key, value in section.items()), ""])
        for name, section in sections.items()
    )
