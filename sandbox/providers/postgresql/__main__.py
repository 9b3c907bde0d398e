"""The sandbox's `postgresql` provider: pulumi-postgresql's types over psycopg."""

from __future__ import annotations

from importlib.metadata import version

from sandbox.providers.postgresql.database import Database
from sandbox.providers.postgresql.default_privileges import DefaultPrivileges
from sandbox.providers.postgresql.extension import Extension
from sandbox.providers.postgresql.grant import Grant
from sandbox.providers.postgresql.grant_role import GrantRole
from sandbox.providers.postgresql.role import Role
from sandbox.providers.postgresql.schema import Schema
from sandbox.providers.postgresql.server import configure
from sandbox.providers.provider import Provider, table
from sandbox.providers.serve import serve

RESOURCE_TYPES = (Database, DefaultPrivileges, Extension, Grant, GrantRole, Role, Schema)

PROVIDER = Provider(
    name="postgresql",
    version=version("pulumi-postgresql"),
    resource_types=table(resource_type() for resource_type in RESOURCE_TYPES),
    configure=configure,
)

if __name__ == "__main__":
    serve(PROVIDER)
