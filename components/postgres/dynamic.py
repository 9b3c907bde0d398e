"""Providers of the database's dynamic resources: migrations, object ownership, catalog reconciler.

**The import path of this module and the names of its provider classes are fixed for good.** Pulumi
pickles a provider into the state of each dynamic resource. Because the classes are in an importable
module, and not in a program, the pickle holds no code but only this path and the class name, and
the provider that runs is always the current code. For the same reason a renamed class or a moved
module can no longer read or delete resources that exist in some state.
tests/components/postgres/test_dynamic_pickle.py loads recorded pickles.

No provider implements `delete`: deleting or replacing a resource changes nothing in the database.
"""

from __future__ import annotations

from psycopg import sql
from pulumi import dynamic

from components.postgres.dynamic_properties import (
    CONNECTION,
    Properties,
    drift_of,
    inputs_changed,
    server_of,
    settings_of,
)
from config.settings.database import DatabaseSettings
from database import apply, logins, migrate, migration_files
from database.facts import Connection
from database.logins import NoDatabaseError
from database.ownership import provider_sees
from database.plan import Difference


class MigrationsProvider(dynamic.ResourceProvider):
    """Applies pending migrations, and reads which ones the database has applied."""

    INPUTS = (*CONNECTION, "owner", "migrations")
    serialize_as_secret_always = False

    def diff(self, _id: str, olds: Properties, news: Properties) -> dynamic.DiffResult:
        changes = inputs_changed(olds, news, self.INPUTS) or (
            olds.get("applied") != news.get("migrations")
        )
        return dynamic.DiffResult(changes=changes)

    def create(self, props: Properties) -> dynamic.CreateResult:
        return dynamic.CreateResult("migrations", self._migrate(props))

    def update(self, _id: str, _olds: Properties, news: Properties) -> dynamic.UpdateResult:
        return dynamic.UpdateResult(self._migrate(news))

    def read(self, id_: str, props: Properties) -> dynamic.ReadResult:
        try:
            with server_of(props).connect() as connection:
                applied = dict(migrate.applied(connection))
        except NoDatabaseError:  # dropped by hand: the next update creates and migrates it again
            applied = {}
        return dynamic.ReadResult(id_, {**props, "applied": applied})

    def _migrate(self, props: Properties) -> Properties:
        files = migration_files.load()
        if dict(migration_files.checksums(files)) != props["migrations"]:
            raise migration_files.MigrationError(
                "the migration files changed during the update; run the update again"
            )
        with server_of(props).connect() as connection:
            migrate.migrate(connection, props["owner"], files)
            applied = dict(migrate.applied(connection))
        return {**{key: props[key] for key in self.INPUTS}, "applied": applied}


class ObjectOwnershipProvider(dynamic.ResourceProvider):
    """Returns objects to their declared owner. This must precede the postgresql provider's
    resources, which fail on an object whose owner the login is not a member of."""

    INPUTS: tuple[str, ...] = (*CONNECTION, "settings")
    serialize_as_secret_always = False

    def manages(self, difference: Difference, _settings: DatabaseSettings) -> bool:
        """Whether this provider, and no other, repairs the difference."""
        return difference.path == "owner"

    def diff(self, _id: str, olds: Properties, news: Properties) -> dynamic.DiffResult:
        changes = inputs_changed(olds, news, self.INPUTS) or bool(olds["drift"])
        return dynamic.DiffResult(changes=changes)

    def create(self, props: Properties) -> dynamic.CreateResult:
        return dynamic.CreateResult(type(self).__name__, self._repair(props))

    def update(self, _id: str, _olds: Properties, news: Properties) -> dynamic.UpdateResult:
        return dynamic.UpdateResult(self._repair(news))

    def read(self, id_: str, props: Properties) -> dynamic.ReadResult:
        settings, server = settings_of(props), server_of(props)
        try:
            with server.connect() as connection:
                differences = apply.observe(connection, settings)
            wrong_passwords = logins.refused(server, props.get("passwords") or {})
        except NoDatabaseError:  # the database's own resource reports that it is missing
            differences, wrong_passwords = (), []
        managed = [difference for difference in differences if self.manages(difference, settings)]
        return dynamic.ReadResult(id_, {**props, "drift": drift_of(managed, wrong_passwords)})

    def _repair(self, props: Properties) -> Properties:
        """Repairs the differences; the result's `drift` holds those that remain."""
        settings, server = settings_of(props), server_of(props)
        passwords = props.get("passwords") or {}
        remaining: tuple[Difference, ...] = ()
        wrong_passwords: list[str] = []
        try:
            with server.connect() as connection:
                applied = apply.apply(
                    connection, settings, lambda difference: self.manages(difference, settings)
                )
                remaining = applied.remaining
                for role in logins.refused(server, passwords):
                    _set_password(connection, role, props["verifiers"][role])
            wrong_passwords = logins.refused(server, passwords)
        except NoDatabaseError:  # not created yet: it will be created with the right owner
            pass
        inputs = {key: props[key] for key in self.INPUTS}
        return {**inputs, "drift": drift_of(remaining, wrong_passwords)}


class CatalogReconcilerProvider(ObjectOwnershipProvider):
    """Repairs every other difference that the postgresql provider does not see, and passwords."""

    INPUTS = (*CONNECTION, "settings", "passwords", "verifiers", "after")

    def manages(self, difference: Difference, settings: DatabaseSettings) -> bool:
        return difference.path != "owner" and not provider_sees(difference, settings)


def _set_password(connection: Connection, role: str, verifier: str) -> None:
    connection.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier))
    )
