"""Connections to the database, and checks of login passwords."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg

from database.facts import Connection

AUTHENTICATION_FAILED = "password authentication failed"


class UnreachableError(Exception):
    """A failed connection. The message says where and why, never with which password."""


class NoDatabaseError(UnreachableError):
    """The server is reachable but does not have the database."""


@dataclass(frozen=True)
class Server:
    """Address of a database, and a login. libpq's PGSSLROOTCERT names the CA certificate."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)

    def connect(self, **others: Any) -> Connection:
        """An autocommit connection, with the server's certificate verified."""
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
    """The users whose passwords the server rejects.

    Other obstacles to a login (NOLOGIN, a connection limit, a missing CONNECT) are differences of
    the catalog.
    """
    wrong = []
    for user, password in passwords.items():
        try:
            server.as_user(user, password).connect().close()
        except UnreachableError as error:
            if AUTHENTICATION_FAILED in str(error):
                wrong.append(user)
    return sorted(wrong)
