"""What the database holds before any application: schemas, extensions, tables, rights to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import pulumi
import pulumi_postgresql as postgresql

from components.postgres.dynamic import CatalogReconciler, DatabaseLogin, Drift, Migrations
from config.settings.database import DatabaseSettings

R = TypeVar("R", bound=pulumi.Resource)


@dataclass(frozen=True, kw_only=True)
class PostgresSchemaArgs:
    settings: DatabaseSettings
    instance: pulumi.Resource
    provider: postgresql.Provider
    roles: list[pulumi.Resource]
    login: DatabaseLogin
    passwords: Mapping[str, pulumi.Input[str]]
    verifiers: Mapping[str, pulumi.Input[str]]


class PostgresSchema(pulumi.ComponentResource):
    """Each step waits for the one before: rights that are granted at once collide in the
    server ("tuple concurrently updated"), and one right needs the other's object."""

    drift: pulumi.Output[Drift]

    def __init__(
        self, name: str, args: PostgresSchemaArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:postgres:PostgresSchema", name, None, opts)
        self._args = args
        self._before: list[pulumi.Resource] = list(args.roles)
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
            Migrations(name, args.login, settings.owner, self._next(provided=False))
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
            opts=self._next(provided=False),
        )
        self.drift = catalog.drift
        self.register_outputs({"drift": self.drift})

    def _default_privileges(self, name: str) -> None:
        settings = self._args.settings
        for schema in settings.default_privileges:
            for role, rights in settings.roles.items():
                for kind, by_schema in (
                    ("table", rights.grants.tables),
                    ("sequence", rights.grants.sequences),
                ):
                    if by_schema.get(schema):
                        self._step(
                            postgresql.DefaultPrivileges(
                                f"{name}-default-{role}-{schema}-{kind}s",
                                database=self._args.login.database,
                                owner=settings.owner,
                                schema=schema,
                                role=role,
                                object_type=kind,
                                privileges=list(by_schema[schema]),
                                opts=self._next(),
                            )
                        )

    def _grants(self, name: str, role: str) -> None:
        grants = self._args.settings.roles[role].grants
        if grants.database:
            self._grant(f"{name}-{role}-database", role, "database", grants.database)
        for schema, privileges in grants.schemas.items():
            self._grant(f"{name}-{role}-{schema}", role, "schema", privileges, schema)
        for schema, rights in grants.tables.items():
            # Named one by one: all tables of a schema would take in partitions, which their
            # parent's policies don't cover.
            if tables := tables_of(self._args.settings, schema):
                self._grant(f"{name}-{role}-{schema}-tables", role, "table", rights, schema, tables)
        for schema, uses in grants.sequences.items():
            self._grant(f"{name}-{role}-{schema}-sequences", role, "sequence", uses, schema)

    def _grant(
        self,
        name: str,
        role: str,
        kind: str,
        privileges: Iterable[str],
        schema: str | None = None,
        objects: list[str] | None = None,
    ) -> None:
        self._step(
            postgresql.Grant(
                name,
                database=self._args.login.database,
                role=role,
                object_type=kind,
                privileges=list(privileges),
                schema=schema,
                objects=objects,
                opts=self._next(),
            )
        )

    def _next(self, *, provided: bool = True) -> pulumi.ResourceOptions:
        """What lives in the server goes with it, and comes after the step before."""
        return pulumi.ResourceOptions(
            parent=self,
            provider=self._args.provider if provided else None,
            deleted_with=self._args.instance,
            depends_on=self._before,
        )

    def _step(self, resource: R) -> R:
        self._before = [resource]
        return resource


def tables_of(settings: DatabaseSettings, schema: str) -> list[str]:
    """The declared tables of a schema, by their bare names."""
    parts = (name.partition(".") for name in settings.tables)
    return sorted(table for in_schema, _, table in parts if in_schema == schema)
