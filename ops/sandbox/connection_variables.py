"""Environment variables with which boto3, psql and other tools connect to a running sandbox.

`nexusdb sandbox env` prints them.
"""

from __future__ import annotations

import json
import shlex
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from acceptance import documented, logins
from engine import checkpoint
from engine.projects import MAIN
from sandbox.clients import aws_client
from sandbox.emulator import client
from sandbox.errors import SandboxError
from sandbox.paths import SandboxPaths
from sandbox.variables import aws_variables

APPLICATION_ROLE = "nexusflow_app"


def variables(paths: SandboxPaths) -> dict[str, str]:
    """Values by name; a variable is absent until its server exists."""
    emulator = client.require_running(paths)
    from sandbox.run import region

    found = aws_variables(emulator.endpoint, region(paths))
    outputs = checkpoint.outputs(checkpoint.deployment(paths, MAIN.name(paths.project_root)))
    found |= _redis(outputs, str(paths.ca_certificate), found)
    postgres = outputs.get("postgres") or {}
    server = server_of(str(postgres.get("identifier")), servers(emulator.endpoint))
    if server is None:
        return found
    secrets = aws_client("secretsmanager", found)
    ca_certificate = str(paths.ca_certificate)

    def login(secret_arn: str) -> logins.PostgresLogin:
        try:
            return logins.postgres_login(secret_arn, postgres, ca_certificate, secrets)
        except ClientError as error:
            raise SandboxError(f"{secret_arn}: the secret can't be read: {error}") from None

    master = login(postgres["master_secret_arn"])
    found |= {
        "PGHOST": master.host,
        "PGPORT": str(master.port),
        "PGDATABASE": master.database,
        "PGUSER": master.user,
        "PGPASSWORD": master.password,
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": ca_certificate,
        "PG_SUPERUSER_URL": in_database(str(server["superuser_url"]), documented.DATABASE),
    }
    role = (outputs.get("roles") or {}).get(APPLICATION_ROLE)
    if role is not None:
        application = login(role["secret_arn"])
        found["APP_URL"] = application.url()
        readers = [
            logins.at_reader(application, each).url() for each in postgres.get("readers") or ()
        ]
        if readers:
            # every part of a URL is percent-encoded, so no URL contains a comma
            found["READER_URLS"] = ",".join(readers)
        if (pgbouncer := outputs.get("pgbouncer")) and outputs.get("certificates"):
            ca_certificate = logins.write_private_ca(paths, outputs)
            found["PGBOUNCER_URL"] = logins.through_pgbouncer(
                application, pgbouncer, ca_certificate
            ).url()
    return found


def _redis(
    outputs: Mapping[str, Any], ca_certificate: str, variables: Mapping[str, str]
) -> Mapping[str, str]:
    redis = outputs.get("redis")
    if not redis:
        return {}
    secrets = aws_client("secretsmanager", variables)
    try:
        return {"REDIS_URLS": ",".join(logins.redis_urls(redis, ca_certificate, secrets))}
    except ClientError as error:
        raise SandboxError(f"a Redis login can't be read: {error}") from None


def render(found: Mapping[str, str]) -> str:
    """`export` lines for a shell's `eval`."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in found.items())


def in_database(url: str, database: str) -> str:
    """The URL with its database name replaced."""
    return urlsplit(url)._replace(path=f"/{database}").geturl()


def server_of(identifier: str, servers: list[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    return next((server for server in servers if server["identifier"] == identifier), None)


def servers(endpoint: str) -> list[Mapping[str, Any]]:
    """The database servers that the emulator runs."""
    with urllib.request.urlopen(f"{endpoint}/_sandbox/servers", timeout=10) as answer:  # noqa: S310
        return list(json.load(answer))
