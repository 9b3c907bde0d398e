"""The sandbox's `postgresql` plugin: pulumi-postgresql's types over psycopg."""

from __future__ import annotations

from importlib.metadata import version

from sandbox.plugins.postgresql.database import Database
from sandbox.plugins.postgresql.default_privileges import DefaultPrivileges
from sandbox.plugins.postgresql.extension import Extension
from sandbox.plugins.postgresql.grant import Grant
from sandbox.plugins.postgresql.grant_role import GrantRole
from sandbox.plugins.postgresql.role import Role
from sandbox.plugins.postgresql.schema import Schema
from sandbox.plugins.postgresql.server import configure
from sandbox.plugins.provider import Provider, table
from sandbox.plugins.serve import serve

KINDS = (Database, DefaultPrivileges, Extension, Grant, GrantRole, Role, Schema)

PROVIDER = Provider(
    name="postgresql",
    version=version("pulumi-postgresql"),
    kinds=table(kind() for kind in KINDS),
    configure=configure,
)

if __name__ == "__main__":
    serve(PROVIDER)
