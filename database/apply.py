"""Repairs what an RDS master may, until a plan has nothing left that it may."""

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
"""A repair may uncover the next: privileges come into reach when their object's owner is back."""
LOCK_TIMEOUT = "5s"


@dataclass(frozen=True)
class Applied:
    repaired: tuple[Difference, ...]
    remaining: tuple[Difference, ...]
    """What a superuser, a person or another resource of the stack has to do."""
    refusals: tuple[str, ...] = ()
    """What the server answered to repairs that it refused."""


def observe(connection: Connection, access: DatabaseSettings) -> tuple[Difference, ...]:
    """The plan for the database as it is now."""
    return plan(access, facts.read(connection, access.owner))


def apply(
    connection: Connection,
    access: DatabaseSettings,
    which: Callable[[Difference], bool] = lambda _: True,
) -> Applied:
    """Takes back the differences that `which` accepts. The connection is an autocommit one."""
    repaired: list[Difference] = []
    for _ in range(ROUNDS):
        remaining = tuple(filter(which, observe(connection, access)))
        ours = [each for each in remaining if each.repair.by is By.MASTER]
        done: list[Difference] = []
        refusals: list[str] = []
        for difference in ours:
            try:
                _run(connection, difference)
                done.append(difference)
            except psycopg.Error as error:
                refusals.append(f"{difference.resource} {difference.path}: {_said(error)}")
        repaired += done
        if not done:
            return Applied(tuple(repaired), remaining, tuple(refusals))
    remaining = tuple(filter(which, observe(connection, access)))
    return Applied(tuple(repaired), remaining)


def _run(connection: Connection, difference: Difference) -> None:
    with connection.transaction():
        connection.execute(
            sql.SQL("SET LOCAL lock_timeout TO {}").format(sql.Literal(LOCK_TIMEOUT))
        )
        for statement in difference.repair.statements:
            connection.execute(statement.encode())


def _said(error: psycopg.Error) -> str:
    return error.diag.message_primary or str(error).partition("\n")[0]
