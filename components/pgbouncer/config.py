"""Renders PgBouncer's configuration file from pgbouncer.ini and the settings. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from configparser import ConfigParser
from pathlib import Path

from config.settings.pgbouncer import PgbouncerSettings, PoolSettings


def _fixed_settings() -> Mapping[str, str]:
    """The settings of pgbouncer.ini, in its order."""
    parser = ConfigParser(interpolation=None)
    parser.read_string((Path(__file__).parent / "pgbouncer.ini").read_text("utf-8"))
    return dict(parser["pgbouncer"])


FIXED = _fixed_settings()
PORT = int(FIXED["listen_port"])
ADMIN, STATS = FIXED["admin_users"], FIXED["stats_users"]
"""Users of PgBouncer's admin console. They do not exist in PostgreSQL."""
SERVER_CA = FIXED["server_tls_ca_file"]
"""Amazon's CA bundle inside the image."""
DIRECTORY = FIXED["unix_socket_dir"]
"""The only writable directory of the container. It holds the configuration, which includes secrets,
and the Unix socket."""

MINIMUM_RELEASE: Mapping[str, tuple[int, int]] = {"max_prepared_statements": (1, 21)}
"""The first release that knows a setting; an older one refuses to start with it."""


def pgbouncer_section(settings: PgbouncerSettings, default_connections: int) -> dict[str, str]:
    """The section [pgbouncer], without settings that the image's release does not know.
    `default_connections` is the maximum number of server connections of a pool."""
    configured = {
        "pool_mode": settings.pool_mode,
        "max_client_conn": str(settings.max_client_conn),
        "default_pool_size": str(settings.default_pool_size),
        "reserve_pool_size": str(settings.reserve_pool_size),
        "reserve_pool_timeout": str(settings.reserve_pool_timeout_s),
    }
    return known(
        {**configured, "max_db_connections": str(default_connections), **FIXED},
        settings.image.release,
    )


def known(section: Mapping[str, str], release: tuple[int, int]) -> dict[str, str]:
    """The settings that the release accepts."""
    return {
        key: value for key, value in section.items() if MINIMUM_RELEASE.get(key, (0, 0)) <= release
    }


def render(
    settings: PgbouncerSettings, database: str, hosts: Mapping[str, str], ports: Mapping[str, int]
) -> str:
    """The complete file. `hosts` and `ports` have the keys primary and readers; `database` is the
    database on the servers and the name of the documented pool."""
    max_connections = {
        name: settings.max_db_connections(pool) for name, pool in settings.pools.items()
    }
    default = max_connections[database]
    databases = {
        name: _connection_string(hosts[pool.servers], ports[pool.servers], database)
        + _overrides(pool, max_connections[name], default)
        for name, pool in settings.pools.items()
    }
    return text({"databases": databases, "pgbouncer": pgbouncer_section(settings, default)})


def text(sections: Mapping[str, Mapping[str, str]]) -> str:
    """The sections in INI format."""
    return "\n".join(
        "\n".join([f"[{name}]", *(f"{key} = {value}" for key, value in section.items()), ""])
        for name, section in sections.items()
    )


def userlist(verifiers: Iterable[tuple[str, str]]) -> str:
    """The auth_file. Neither user names nor SCRAM verifiers contain quotes to escape."""
    return "".join(f'"{user}" "{verifier}"\n' for user, verifier in verifiers)


def _connection_string(host: str, port: int, database: str) -> str:
    return f"host={host} port={port} dbname={database}"


def _overrides(pool: PoolSettings, max_connections: int, default: int) -> str:
    """The settings of a pool that differ from those of the section [pgbouncer]."""
    overrides = {
        "pool_size": pool.size,
        "reserve_pool": pool.reserve,
        "max_db_connections": max_connections if max_connections != default else None,
    }
    return "".join(f" {key}={value}" for key, value in overrides.items() if value is not None)
