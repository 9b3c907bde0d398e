"""Logins to the sandbox's PostgreSQL servers, from the stack outputs and Secrets Manager."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

from sandbox.paths import SandboxPaths


@dataclass(frozen=True)
class Login:
    """One login over TCP; the server's certificate is verified against the CA."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    ca_certificate: str
    address: str | None = None
    """The IP address to connect to, for a host name that this machine can't resolve."""

    def keywords(self) -> dict[str, Any]:
        """For psycopg.connect."""
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
        credentials = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        named = {"hostaddr": self.address} if self.address else {}
        query = urlencode({**named, "sslmode": "verify-full", "sslrootcert": self.ca_certificate})
        return f"postgresql://{credentials}@{self.host}:{self.port}/{self.database}?{query}"


def of_secret(
    secret_arn: str, postgres: Mapping[str, Any], ca_certificate: str, secrets: Any
) -> Login:
    """The login in a secret, at the address in the stack's outputs."""
    content = json.loads(secrets.get_secret_value(SecretId=secret_arn)["SecretString"])
    return Login(
        host=str(postgres["address"]),
        port=int(postgres["port"]),
        database=str(postgres["database"]),
        user=str(content["username"]),
        password=str(content["password"]),
        ca_certificate=ca_certificate,
    )


def at(login: Login, server: Mapping[str, Any]) -> Login:
    """The same login at another server: a reader in the stack's outputs."""
    return replace(login, host=str(server["address"]), port=int(server["port"]))


def pooled(login: Login, pooler: Mapping[str, Any], ca_certificate: str) -> Login:
    """The same login through the pooler, whose certificate is issued for the clients' host name."""
    return replace(
        login,
        host=str(pooler["host"]),
        address=str(pooler["address"]),
        port=int(pooler["port"]),
        ca_certificate=ca_certificate,
    )


def write_authority(paths: SandboxPaths, outputs: Mapping[str, Any]) -> str:
    """Writes the private authority's certificate from the stack's outputs; returns the file."""
    certificate = str(outputs["certificates"]["authority"]["certificate_pem"])
    partial = paths.private_ca_certificate.with_suffix(".partial")
    partial.write_text(certificate)
    partial.replace(paths.private_ca_certificate)
    return str(paths.private_ca_certificate)
