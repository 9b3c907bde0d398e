"""The sandbox's `postgresql` plugin: pulumi-postgresql's types over psycopg."""

from __future__ import annotations

from importlib.metadata import version

from sandbox.plugins.postgresql.database import Database
from sandbox.plugins.postgresql.role import Role
from sandbox.plugins.postgresql.server import configure
from sandbox.plugins.provider import Provider, table
from sandbox.plugins.serve import serve

PROVIDER = Provider(
    name="postgresql",
    version=version("pulumi-postgresql"),
    kinds=table((Database(), Role())),
    configure=configure,
)

if __name__ == "__main__":
    serve(PROVIDER)
