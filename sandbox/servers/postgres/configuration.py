"""A server's configuration files: RDS's defaults, the parameter group, the sandbox's settings."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from sandbox.servers.postgres import parameters
from sandbox.servers.postgres.roles import REPLICATOR, SUPERUSER

LOCALE = "C.UTF-8" if sys.platform == "linux" else "C"

# Values of RDS's default group postgres15 that differ from PostgreSQL's own defaults and that
# a group may override.
_RDS_BASE = {
    "log_timezone": "UTC",
    "max_replication_slots": "20",
    "max_wal_senders": "20",
    "password_encryption": "scram-sha-256",
    "ssl_min_protocol_version": "TLSv1.2",
    "timezone": "UTC",
    "wal_keep_size": "2048",  # covers what a standby misses during a reboot
}

# No durability: `make up` recreates the data of a sandbox.
_SANDBOX_ONLY = {
    "fsync": "off",
    "huge_pages": "off",
    "logging_collector": "off",
    "log_destination": "stderr",
    "wal_retrieve_retry_interval": "200",
}

_HEAD = "# Written by the sandbox; the next change of the instance overwrites it.\n"


def files(
    directory: Path, port: int, group: Mapping[str, str], upstream: str | None = None
) -> dict[str, str]:
    """Configuration files, name -> content, for a server in a directory with a parameter group.

    `upstream` is the primary_conninfo of a standby.
    """
    own = {
        "data_directory": str(directory / "data"),
        "hba_file": str(directory / "pg_hba.conf"),
        "ident_file": str(directory / "pg_ident.conf"),
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(directory / "socket"),
        "ssl": "on",
        "ssl_cert_file": str(directory / "server.crt"),
        "ssl_key_file": str(directory / "server.key"),
        **_SANDBOX_ONLY,
        **({"primary_conninfo": upstream} if upstream else {}),
    }
    return {
        "pg_ident.conf": _HEAD,
        "pg_hba.conf": _HEAD + _host_rules(group),
        "postgresql.conf": "\n".join(
            [
                _HEAD + "# The base of RDS",
                parameters.render(_RDS_BASE),
                "# The parameter group",
                parameters.render(group),
                "# The sandbox's own, which no group can change",
                parameters.render(own),
            ]
        ),
    }


def _host_rules(group: Mapping[str, str]) -> str:
    """pg_hba.conf: RDS's internal roles use the private socket only, all others TCP only."""
    encrypted = parameters.switched_on(group, "rds.force_ssl")
    rules = [
        ("local", "all", SUPERUSER, "", "trust"),
        ("local", "replication", REPLICATOR, "", "trust"),
        ("host", "all", f"{SUPERUSER},{REPLICATOR}", "all", "reject"),
        ("hostssl" if encrypted else "host", "all", "all", "all", "scram-sha-256"),
    ]
    return "".join(" ".join(field for field in rule if field) + "\n" for rule in rules)
