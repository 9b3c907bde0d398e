"""The content of a Redis node's configuration file."""

from __future__ import annotations

from pathlib import Path

from sandbox.servers.redis.settings import digest

ADMINISTRATOR = "elasticache-admin"
"""The user of the sandbox itself and of replicas. Its password exists only in memory and in
snapshots."""
DEFAULT = "default"
NOBODY = "reset off"
DUMP = "dump.rdb"


def render(directory: Path, port: int | None, password: str, source_port: int | None) -> str:
    """The configuration of a node whose files are in `directory`. If `source_port` is given, the
    node is a replica of the node on that port. `password` is the administrator's."""
    lines = [
        # a process title would overwrite the environment that identifies the process
        "set-proc-title no",
        "bind 127.0.0.1",
        "port 0",
        f"tls-port {port}",
        f"tls-cert-file {directory / 'server.crt'}",
        f"tls-key-file {directory / 'server.key'}",
        f"tls-ca-cert-file {directory / 'ca.crt'}",
        "tls-auth-clients no",
        "tls-replication yes",
        'tls-protocols "TLSv1.2 TLSv1.3"',
        f"unixsocket {directory / 'redis.sock'}",
        "unixsocketperm 700",
        f"dir {directory / 'data'}",
        f"dbfilename {DUMP}",
        # no durability: `make up` recreates the data of a sandbox
        'save ""',
        "appendonly no",
        "repl-diskless-sync yes",
        "repl-diskless-sync-delay 0",
        f"user {DEFAULT} {NOBODY}",
        f"user {ADMINISTRATOR} on #{digest(password)} ~* &* +@all",
        f"masteruser {ADMINISTRATOR}",
        f"masterauth {password}",
    ]
    if source_port is not None:
        lines.append(f"replicaof 127.0.0.1 {source_port}")
    return "\n".join(lines) + "\n"
