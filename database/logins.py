"""Connections to the database, and whether a login's password is still the one in its secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg

from database.facts import Connection

REFUSED = "password authentication failed"


class UnreachableError(Exception):
    """The server doesn't let us in; the message says where and why, never with what."""


class NoDatabaseError(UnreachableError):
    """The server answers and has no such database."""


@dataclass(frozen=True)
class Server:
    """Where a database is. libpq's own PGSSLROOTCERT names the CA certificate."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)

    def connect(self, **others: Any) -> Connection:
        """An autocommit connection that has verified the server."""
        try:
            return psycopg.connect(
                host=self.host,
                port=self.port,
                dbname=self.database,
                user=self.user,
                password=self.password,
                sslmode="verify-full",
                connect_timeout=15,
                autocommit=True,
                application_name="nexusflow",
                **others,
            )
        except psycopg.OperationalError as error:
            said = str(error).strip().splitlines()[-1]
            kind = NoDatabaseError if said.endswith("does not exist") else UnreachableError
            where = f"{self.host}:{self.port}/{self.database}"
            raise kind(f"PostgreSQL at {where} does not let {self.user} in: {said}") from None

    def as_user(self, user: str, password: str) -> Server:
        return Server(self.host, self.port, self.database, user, password)


def refused(server: Server, passwords: Mapping[str, str]) -> list[str]:
    """The users whose password the server refuses. What else stops a login (NOLOGIN, a limit, a
    missing CONNECT) is a fact of the catalog."""
    wrong = []
    for user, password in passwords.items():
        try:
            server.as_user(user, password).connect().close()
        except UnreachableError as error:
            if REFUSED in str(error):
                wrong.append(user)
    return sorted(wrong)
