"""PgBouncer's configuration as text, pure.

The documented settings as they are, and what a service needs beside them: TLS both ways, SCRAM, an
entry for readers, time-outs, users of the console, and nothing of a session left to the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from config.settings.pgbouncer import PgbouncerSettings, PoolSettings

PORT = 6432
ADMIN, STATS = "pgbouncer_admin", "pgbouncer_stats"
"""The users of PgBouncer's own console; no database knows them."""

DIRECTORY = "/run/pgbouncer"
"""The one place that the container may write: what the secrets hold, and the socket."""
SERVER_CA = "/etc/pgbouncer/rds-ca.pem"
"""Amazon's bundle, which the image carries."""

SINCE: Mapping[str, tuple[int, int]] = {"max_prepared_statements": (1, 21)}
"""Settings that an older release refuses, by the first that knows them."""

FIXED: Mapping[str, str] = {
    # A SET that a client leaves behind would choose the next one's tenant; by itself PgBouncer
    # resets no session of a transaction pool.
    "server_reset_query": "RESET ALL",
    "server_reset_query_always": "1",
    # Verifiers and not passwords: the same in the users' list as in PostgreSQL, so that a client's
    # own proof opens the server too. auth_query would read pg_authid, which RDS shows nobody.
    "auth_type": "scram-sha-256",
    "auth_file": f"{DIRECTORY}/userlist.txt",
    "client_tls_sslmode": "require",
    "client_tls_cert_file": f"{DIRECTORY}/tls.crt",
    "client_tls_key_file": f"{DIRECTORY}/tls.key",
    "client_tls_protocols": "tlsv1.2,tlsv1.3",
    # RDS's certificates don't name the documented host: the authority is verified, not the name.
    "server_tls_sslmode": "verify-ca",
    "server_tls_ca_file": SERVER_CA,
    "server_tls_protocols": "tlsv1.2,tlsv1.3",
    "admin_users": ADMIN,
    "stats_users": STATS,
    "listen_addr": "0.0.0.0",  # noqa: S104 - the task's own address; its security group decides
    "listen_port": str(PORT),
    "unix_socket_dir": DIRECTORY,
    # What JDBC sends and PgBouncer doesn't follow. Never `options`: it may carry a tenant.
    "ignore_startup_parameters": "extra_float_digits",
    "query_wait_timeout": "30",
    "server_connect_timeout": "15",
    "server_login_retry": "5",
    "server_lifetime": "3600",
    "server_idle_timeout": "600",
    "client_login_timeout": "30",
    "idle_transaction_timeout": "60",
    # Well within the 350 s after which the load balancer forgets a silent connection.
    "tcp_keepalive": "1",
    "tcp_keepidle": "60",
    "tcp_keepintvl": "15",
    "tcp_keepcnt": "4",
    "max_prepared_statements": "200",
}


def pgbouncer_section(settings: PgbouncerSettings, default_connections: int) -> dict[str, str]:
    """The section [pgbouncer], as the release in the image knows it."""
    documented = {
        "pool_mode": settings.pool_mode,
        "max_client_conn": str(settings.max_client_conn),
        "default_pool_size": str(settings.default_pool_size),
        "reserve_pool_size": str(settings.reserve_pool_size),
        "reserve_pool_timeout": str(settings.reserve_pool_timeout_s),
    }
    return known(
        {**documented, "max_db_connections": str(default_connections), **FIXED},
        settings.image.release,
    )


def known(section: Mapping[str, str], release: tuple[int, int]) -> dict[str, str]:
    """The settings less those that the release refuses."""
    return {key: value for key, value in section.items() if SINCE.get(key, (0, 0)) <= release}


def render(
    settings: PgbouncerSettings, database: str, hosts: Mapping[str, str], ports: Mapping[str, int]
) -> str:
    """The whole file. `hosts` and `ports` are those of the primary and of the readers; `database`
    is the one in the servers, and the name of the documented entry."""
    most = {name: settings.max_db_connections(pool) for name, pool in settings.pools.items()}
    default = most[database]
    databases = {
        name: _entry(hosts[pool.servers], ports[pool.servers], database)
        + _own(pool, most[name], default)
        for name, pool in settings.pools.items()
    }
    return text({"databases": databases, "pgbouncer": pgbouncer_section(settings, default)})


def text(sections: Mapping[str, Mapping[str, str]]) -> str:
    return "\n".join(
        "\n".join([f"[{name}]", *(f"{key} = {value}" for key, value in section.items()), ""])
        for name, section in sections.items()
    )


def userlist(verifiers: Iterable[tuple[str, str]]) -> str:
    """The users' list: names and SCRAM verifiers, neither of which holds a quote."""
    return "".join(f'"{user}" "{verifier}"\n' for user, verifier in verifiers)


def _entry(host: str, port: int, database: str) -> str:
    return f"host={host} port={port} dbname={database}"


def _own(pool: PoolSettings, most: int, default: int) -> str:
    """Where an entry differs from the defaults. The limit holds whoever else comes through it."""
    own = {
        "pool_size": pool.size,
        "reserve_pool": pool.reserve,
        "max_db_connections": most if most != default else None,
    }
    return "".join(f" {key}={value}" for key, value in own.items() if value is not None)
