"""Applies the plan: reverts all differences that the RDS master user can revert."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from psycopg import sql

from config.settings.database import DatabaseSettings
from database import facts
from database.facts import Connection
from database.plan import Difference, plan
from database.repairs import By

ROUNDS = 4
"""How often to plan again: restoring an object's owner makes its privileges repairable."""
LOCK_TIMEOUT = "5s"


@dataclass(frozen=True)
class Applied:
    repaired: tuple[Difference, ...]
    remaining: tuple[Difference, ...]
    """Differences left to a superuser, a person or another resource of the stack."""
    refusals: tuple[str, ...] = ()
    """The server's error messages for repairs that failed."""


def observe(connection: Connection, database: DatabaseSettings) -> tuple[Difference, ...]:
    """The differences between the desired and the actual database."""
    return plan(database, facts.read(connection, database.owner))


def apply(
    connection: Connection,
    database: DatabaseSettings,
    which: Callable[[Difference], bool] = lambda _: True,
) -> Applied:
    """Reverts the differences that `which` selects. The connection must be in autocommit mode."""
    repaired: list[Difference] = []
    for _ in range(ROUNDS):
        remaining = tuple(filter(which, observe(connection, database)))
        ours = [each for each in remaining if each.repair.by is By.MASTER]
        done: list[Difference] = []
        refusals: list[str] = []
        for difference in ours:
            try:
                _run(connection, difference)
                done.append(difference)
            except psycopg.Error as error:
                refusals.append(f"{difference.resource} {difference.path}: {_message(error)}")
        repaired += done
        if not done:
            return Applied(tuple(repaired), remaining, tuple(refusals))
    remaining = tuple(filter(which, observe(connection, database)))
    return Applied(tuple(repaired), remaining)


def _run(connection: Connection, difference: Difference) -> None:
    with connection.transaction():
        connection.execute(
            sql.SQL("SET LOCAL lock_timeout TO {}").format(sql.Literal(LOCK_TIMEOUT))
        )
        for statement in difference.repair.statements:
            connection.execute(statement.encode())


def _message(error: psycopg.Error) -> str:
    return error.diag.message_primary or str(error).partition("\n")[0]
