"""The contents of the database before any application uses it: schemas, extensions, tables (by the
migrations) and privileges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import pulumi
import pulumi_postgresql as postgresql

from components.postgres.dynamic_properties import Drift
from components.postgres.dynamic_resources import CatalogReconciler, DatabaseLogin, Migrations
from config.settings.database import DatabaseSettings

R = TypeVar("R", bound=pulumi.Resource)


@dataclass(frozen=True, kw_only=True)
class PostgresSchemaArgs:
    settings: DatabaseSettings
    instance: pulumi.Resource
    """The RDS instance, with which everything inside it is deleted."""
    provider: postgresql.Provider
    roles: list[pulumi.Resource]
    """Roles and memberships, which must exist before privileges are granted."""
    login: DatabaseLogin
    passwords: Mapping[str, pulumi.Input[str]]
    """By role name."""
    verifiers: Mapping[str, pulumi.Input[str]]
    """SCRAM verifiers by role name."""


class PostgresSchema(pulumi.ComponentResource):
    """Schemas, extensions, default privileges, migrations, grants and the catalog reconciler, in
    this order and one at a time: concurrent GRANTs on one object fail ("tuple concurrently
    updated"), and most steps need the objects of earlier ones."""

    drift: pulumi.Output[Drift]
    """Differences that an update cannot repair."""

    def __init__(
        self, name: str, args: PostgresSchemaArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:postgres:PostgresSchema", name, None, opts)
        self._args = args
        self._previous: list[pulumi.Resource] = list(args.roles)
        settings, database = args.settings, args.login.database

        for schema in settings.schemas:
            self._step(
                postgresql.Schema(
                    f"{name}-{schema}",
                    name=schema,
                    database=database,
                    owner=settings.owner,
                    opts=self._next(),
                )
            )
        for extension in settings.extensions:
            self._step(
                postgresql.Extension(
                    f"{name}-{extension}",
                    name=extension,
                    database=database,
                    schema="public",
                    opts=self._next(),
                )
            )
        self._default_privileges(name)
        migrations = self._step(
            Migrations(name, args.login, settings.owner, self._next(dynamic=True))
        )
        for role in settings.roles:
            self._grants(name, role)
        catalog = CatalogReconciler(
            name,
            args.login,
            settings,
            args.passwords,
            args.verifiers,
            after=migrations.applied,
            opts=self._next(dynamic=True),
        )
        self.drift = catalog.drift
        self.register_outputs({"drift": self.drift})

    def _default_privileges(self, name: str) -> None:
        settings = self._args.settings
        for schema in settings.default_privileges:
            for role, role_settings in settings.roles.items():
                for object_type, privileges_by_schema in (
                    ("table", role_settings.grants.tables),
                    ("sequence", role_settings.grants.sequences),
                ):
                    if privileges_by_schema.get(schema):
                        self._step(
                            postgresql.DefaultPrivileges(
                                f"{name}-default-{role}-{schema}-{object_type}s",
                                database=self._args.login.database,
                                owner=settings.owner,
                                schema=schema,
                                role=role,
                                object_type=object_type,
                                privileges=list(privileges_by_schema[schema]),
                                opts=self._next(),
                            )
                        )

    def _grants(self, name: str, role: str) -> None:
        grants = self._args.settings.roles[role].grants
        if grants.database:
            self._grant(f"{name}-{role}-database", role, "database", grants.database)
        for schema, privileges in grants.schemas.items():
            self._grant(f"{name}-{role}-{schema}", role, "schema", privileges, schema)
        for schema, table_privileges in grants.tables.items():
            # Tables are listed because "all tables of the schema" includes partitions, and a
            # query on a partition bypasses the row-level security policies of its parent.
            if tables := tables_of(self._args.settings, schema):
                logical_name = f"{name}-{role}-{schema}-tables"
                self._grant(logical_name, role, "table", table_privileges, schema, tables)
        for schema, usage in grants.sequences.items():
            self._grant(f"{name}-{role}-{schema}-sequences", role, "sequence", usage, schema)

    def _grant(
        self,
        name: str,
        role: str,
        object_type: str,
        privileges: Iterable[str],
        schema: str | None = None,
        objects: list[str] | None = None,
    ) -> None:
        self._step(
            postgresql.Grant(
                name,
                database=self._args.login.database,
                role=role,
                object_type=object_type,
                privileges=list(privileges),
                schema=schema,
                objects=objects,
                opts=self._next(),
            )
        )

    def _next(self, *, dynamic: bool = False) -> pulumi.ResourceOptions:
        """Options of the next step: it depends on the previous one and is deleted with the
        instance. Dynamic resources bring their own provider."""
        return pulumi.ResourceOptions(
            parent=self,
            provider=None if dynamic else self._args.provider,
            deleted_with=self._args.instance,
            depends_on=self._previous,
        )

    def _step(self, resource: R) -> R:
        """Makes the resource the one that the next step depends on, and returns it."""
        self._previous = [resource]
        return resource


def tables_of(settings: DatabaseSettings, schema: str) -> list[str]:
    """Names of a schema's declared tables, without the schema."""
    parts = (name.partition(".") for name in settings.tables)
    return sorted(table for table_schema, _, table in parts if table_schema == schema)
