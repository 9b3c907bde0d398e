"""The dynamic resources of the database: migrations, and what the postgresql provider misses.

Their provider classes live in this module and not in a program: Pulumi pickles a class of an
importable module by its name, so new code applies at once and none of it stands in the state.
Deleting or replacing one of these resources changes nothing in the database.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from psycopg import sql
from pulumi import dynamic

from config.settings.database import DatabaseSettings
from database import apply, logins, migrate
from database.facts import Connection
from database.logins import NoDatabaseError, Server
from database.ownership import provider_sees
from database.plan import Difference

Properties = dict[str, Any]
Drift = Mapping[str, Mapping[str, Mapping[str, str]]]
CONNECTION = ("host", "port", "database", "user", "password")
IN_ITS_SECRET, ANOTHER = "as in its secret", "another"


def server_of(properties: Mapping[str, Any]) -> Server:
    return Server(
        host=properties["host"],
        port=int(properties["port"]),
        database=properties["database"],
        user=properties["user"],
        password=properties["password"],
    )


def differs(olds: Properties, news: Properties, keys: tuple[str, ...]) -> bool:
    """Whether inputs have changed; what isn't known yet counts as changed."""
    return any(olds.get(key) != news.get(key) for key in keys)


class MigrationsProvider(dynamic.ResourceProvider):
    """Applies what is pending, and reads back what the database has had."""

    INPUTS = (*CONNECTION, "owner", "migrations")
    serialize_as_secret_always = False

    def diff(self, _id: str, olds: Properties, news: Properties) -> dynamic.DiffResult:
        changes = differs(olds, news, self.INPUTS) or olds.get("applied") != news.get("migrations")
        return dynamic.DiffResult(changes=changes)

    def create(self, props: Properties) -> dynamic.CreateResult:
        return dynamic.CreateResult("migrations", self._migrated(props))

    def update(self, _id: str, _olds: Properties, news: Properties) -> dynamic.UpdateResult:
        return dynamic.UpdateResult(self._migrated(news))

    def read(self, id_: str, props: Properties) -> dynamic.ReadResult:
        try:
            with server_of(props).connect() as connection:
                applied = dict(migrate.applied(connection))
        except NoDatabaseError:  # dropped by hand: the next `up` makes it and migrates it anew
            applied = {}
        return dynamic.ReadResult(id_, {**props, "applied": applied})

    def _migrated(self, props: Properties) -> Properties:
        files = migrate.load()
        if dict(migrate.checksums(files)) != props["migrations"]:
            raise migrate.MigrationError("the migrations' files changed while this was running")
        with server_of(props).connect() as connection:
            migrate.migrate(connection, props["owner"], files)
            applied = dict(migrate.applied(connection))
        return {**{key: props[key] for key in self.INPUTS}, "applied": applied}


class ObjectOwnershipProvider(dynamic.ResourceProvider):
    """Gives objects back to their owner, before the provider's resources touch them: those fail
    at an object whose owner the login is no member of.

    `drift` is what was observed and isn't as it should be, by resource and path; it is empty in a
    database as the code wants it.
    """

    INPUTS: tuple[str, ...] = (*CONNECTION, "access")
    serialize_as_secret_always = False

    def concerns(self, difference: Difference, _access: DatabaseSettings) -> bool:
        return difference.path == "owner"

    def diff(self, _id: str, olds: Properties, news: Properties) -> dynamic.DiffResult:
        return dynamic.DiffResult(changes=differs(olds, news, self.INPUTS) or bool(olds["drift"]))

    def create(self, props: Properties) -> dynamic.CreateResult:
        return dynamic.CreateResult(type(self).__name__, self._repaired(props))

    def update(self, _id: str, _olds: Properties, news: Properties) -> dynamic.UpdateResult:
        return dynamic.UpdateResult(self._repaired(news))

    def read(self, id_: str, props: Properties) -> dynamic.ReadResult:
        access, server = access_of(props), server_of(props)
        passwords = props.get("passwords") or {}
        try:
            with server.connect() as connection:
                found = apply.observe(connection, access)
            wrong = logins.refused(server, passwords)
        except NoDatabaseError:  # not made yet, or dropped: its own resource tells
            found, wrong = (), []
        ours = [each for each in found if self.concerns(each, access)]
        return dynamic.ReadResult(id_, {**props, "drift": as_drift(ours, wrong)})

    def _repaired(self, props: Properties) -> Properties:
        access, server = access_of(props), server_of(props)
        passwords = props.get("passwords") or {}
        remaining: tuple[Difference, ...] = ()
        wrong: list[str] = []
        try:
            with server.connect() as connection:
                applied = apply.apply(connection, access, lambda each: self.concerns(each, access))
                remaining = applied.remaining
                for user in logins.refused(server, passwords):
                    _set_password(connection, user, props["verifiers"][user])
            wrong = logins.refused(server, passwords)
        except NoDatabaseError:
            pass
        inputs = {key: props[key] for key in self.INPUTS}
        return {**inputs, "drift": as_drift(remaining, wrong)}


class CatalogReconcilerProvider(ObjectOwnershipProvider):
    """Owns every other fact that the postgresql provider misses, passwords among them."""

    INPUTS = (*CONNECTION, "access", "passwords", "verifiers", "after")

    def concerns(self, difference: Difference, access: DatabaseSettings) -> bool:
        return difference.path != "owner" and not provider_sees(difference, access)


def access_of(properties: Mapping[str, Any]) -> DatabaseSettings:
    return DatabaseSettings.model_validate_json(properties["access"])


def as_drift(found: tuple[Difference, ...] | list[Difference], wrong: list[str]) -> Properties:
    """Resource -> path -> what was expected, what was found, and the statement that repairs it."""
    drift: dict[str, dict[str, dict[str, str]]] = {}
    for each in found:
        drift.setdefault(str(each.resource), {})[each.path] = {
            "expected": each.expected,
            "actual": each.actual,
            "repaired_by": each.repair.by.value,
            "statement": each.repair.text,
        }
    for user in wrong:
        drift.setdefault(f"role:{user}", {})["attribute/password"] = {
            "expected": IN_ITS_SECRET,
            "actual": ANOTHER,
        }
    return drift


def _set_password(connection: Connection, user: str, verifier: str) -> None:
    connection.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(user), sql.Literal(verifier))
    )


@dataclass(frozen=True)
class DatabaseLogin:
    """Where the dynamic resources connect to, and as whom."""

    host: pulumi.Input[str]
    port: pulumi.Input[int]
    database: pulumi.Input[str]
    user: str
    password: pulumi.Input[str]

    def inputs(self) -> dict[str, pulumi.Input[Any]]:
        return {key: getattr(self, key) for key in CONNECTION}


class Migrations(dynamic.Resource, module="database", name="Migrations"):
    """`applied` is the name and checksum of each migration that the database has had."""

    applied: pulumi.Output[Mapping[str, str]]

    def __init__(
        self, name: str, login: DatabaseLogin, owner: str, opts: pulumi.ResourceOptions
    ) -> None:
        super().__init__(
            MigrationsProvider(),
            name,
            {
                **login.inputs(),
                "owner": owner,
                "migrations": dict(migrate.checksums(migrate.load())),
                "applied": None,
            },
            pulumi.ResourceOptions.merge(
                opts, pulumi.ResourceOptions(additional_secret_outputs=["password"])
            ),
        )


class ObjectOwnership(dynamic.Resource, module="database", name="ObjectOwnership"):
    """`drift` is what remains different: what a superuser has to do."""

    drift: pulumi.Output[Drift]

    def __init__(
        self,
        name: str,
        login: DatabaseLogin,
        access: DatabaseSettings,
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__(
            ObjectOwnershipProvider(),
            name,
            {**login.inputs(), "access": as_text(access), "drift": None},
            pulumi.ResourceOptions.merge(
                opts, pulumi.ResourceOptions(additional_secret_outputs=["password"])
            ),
        )
        self.drift.apply(lambda drift: tell(self, drift))


class CatalogReconciler(dynamic.Resource, module="database", name="CatalogReconciler"):
    """`drift` is what remains different: what a superuser or a person has to do."""

    drift: pulumi.Output[Drift]

    def __init__(
        self,
        name: str,
        login: DatabaseLogin,
        access: DatabaseSettings,
        passwords: Mapping[str, pulumi.Input[str]],
        verifiers: Mapping[str, pulumi.Input[str]],
        after: pulumi.Input[Any],
        opts: pulumi.ResourceOptions,
    ) -> None:
        secrets = ["password", "passwords", "verifiers"]
        super().__init__(
            CatalogReconcilerProvider(),
            name,
            {
                **login.inputs(),
                "access": as_text(access),
                "passwords": pulumi.Output.secret(dict(passwords)),
                "verifiers": pulumi.Output.secret(dict(verifiers)),
                "after": after,
                "drift": None,
            },
            pulumi.ResourceOptions.merge(
                opts, pulumi.ResourceOptions(additional_secret_outputs=secrets)
            ),
        )
        self.drift.apply(lambda drift: tell(self, drift))


def as_text(access: DatabaseSettings) -> str:
    return json.dumps(access.model_dump(mode="json"), sort_keys=True)


def tell(resource: pulumi.Resource, drift: Drift) -> None:
    """What `up` could not repair: shown with the statement that would."""
    for name, paths in (drift or {}).items():
        for path, difference in paths.items():
            pulumi.log.warn(
                f"{name} {path}: expected {difference['expected']}, found {difference['actual']}; "
                f"{difference.get('repaired_by', 'a person')} runs: "
                f"{difference.get('statement', 'set the password')}",
                resource,
            )
