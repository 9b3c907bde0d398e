"""Logins to the servers of a sandbox, from the stack outputs and Secrets Manager."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from acceptance import secret_values
from sandbox.paths import SandboxPaths


@dataclass(frozen=True)
class PostgresLogin:
    """A login to PostgreSQL or PgBouncer over TCP that verifies the server's certificate."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    ca_certificate: str
    address: str | None = None
    """The host's IP address, where this machine can't resolve its name."""

    def keywords(self) -> dict[str, Any]:
        """Keyword arguments of psycopg.connect."""
        return {
            "host": self.host,
            "port": self.port,
            "dbname": self.database,
            "user": self.user,
            "password": self.password,
            "sslmode": "verify-full",
            "sslrootcert": self.ca_certificate,
            "connect_timeout": 10,
            **({"hostaddr": self.address} if self.address else {}),
        }

    def url(self) -> str:
        address = {"hostaddr": self.address} if self.address else {}
        query = urlencode({**address, "sslmode": "verify-full", "sslrootcert": self.ca_certificate})
        credentials = _credentials(self.user, self.password)
        return f"postgresql://{credentials}@{self.host}:{self.port}/{self.database}?{query}"


@dataclass(frozen=True)
class RedisLogin:
    """A user's login to a Redis replication group over TLS that verifies the certificate."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    ca_certificate: str

    def url(self) -> str:
        query = urlencode({"ssl_cert_reqs": "required", "ssl_ca_certs": self.ca_certificate})
        return (
            f"rediss://{_credentials(self.user, self.password)}@{self.host}:{self.port}/0?{query}"
        )

    def connect(self) -> Any:
        return redis.Redis.from_url(
            self.url(),
            decode_responses=True,
            socket_timeout=10,
            retry=Retry(NoBackoff(), 0),  # the client would try a refused login eleven times
        )


def _credentials(user: str, password: str) -> str:
    return f"{quote(user, safe='')}:{quote(password, safe='')}"


def postgres_login(
    secret_arn: str, server: Mapping[str, Any], ca_certificate: str, secrets_manager: Any
) -> PostgresLogin:
    """The login in a secret, to the server of the stack output `postgres`."""
    secret = secret_values.read(secrets_manager, secret_arn)
    return PostgresLogin(
        host=str(server["address"]),
        port=int(server["port"]),
        database=str(server["database"]),
        user=str(secret["username"]),
        password=str(secret["password"]),
        ca_certificate=ca_certificate,
    )


def at_reader(login: PostgresLogin, reader: Mapping[str, Any]) -> PostgresLogin:
    """The same login to a reader of the stack output `postgres`."""
    return replace(login, host=str(reader["address"]), port=int(reader["port"]))


def through_pgbouncer(
    login: PostgresLogin, pgbouncer: Mapping[str, Any], ca_certificate: str
) -> PostgresLogin:
    """The same login through PgBouncer, whose certificate names the host that clients use.

    `pgbouncer` is the stack output, `ca_certificate` the file of the private CA.
    """
    return replace(
        login,
        host=str(pgbouncer["host"]),
        address=str(pgbouncer["address"]),
        port=int(pgbouncer["port"]),
        ca_certificate=ca_certificate,
    )


def write_private_ca(paths: SandboxPaths, outputs: Mapping[str, Any]) -> str:
    """Writes the private CA's certificate, a stack output, to a file for clients; its path."""
    certificate = str(outputs["certificates"]["authority"]["certificate_pem"])
    partial = paths.private_ca_certificate.with_suffix(".partial")
    partial.write_text(certificate)
    partial.replace(paths.private_ca_certificate)
    return str(paths.private_ca_certificate)


def redis_login(
    user: str, outputs: Mapping[str, Any], ca_certificate: str, secrets_manager: Any
) -> RedisLogin:
    """A user's login to the group that it belongs to; `outputs` is the stack output `redis`."""
    entry = outputs["users"][user]
    group = outputs["groups"][entry["group"]]
    secret = secret_values.read(secrets_manager, entry["secret_arn"])
    return RedisLogin(
        host=str(group["address"]),
        port=int(group["port"]),
        user=str(secret["username"]),
        password=str(secret["password"]),
        ca_certificate=ca_certificate,
    )


def redis_urls(outputs: Mapping[str, Any], ca_certificate: str, secrets_manager: Any) -> list[str]:
    """One URL per user, sorted by user; `outputs` is the stack output `redis`."""
    return [
        redis_login(user, outputs, ca_certificate, secrets_manager).url()
        for user in sorted(outputs["users"])
    ]
