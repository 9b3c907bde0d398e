"""What the stack's parameters let a server write to its log, which RDS sends to CloudWatch."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from config import load
from config.settings.stack import Settings
from sandbox.paths import PROJECT_ROOT, SandboxPaths
from sandbox.servers import processes
from sandbox.servers.certificates import CertificateAuthority
from sandbox.servers.postgres.server import MasterUser, PostgresServer

MASTER = MasterUser("nexusflow_master", "Correct-Horse-1")
OF_THE_LOG = ("log_", "auto_explain.", "shared_preload_libraries")
EVERY_STATEMENT = {"log_min_duration_statement": "0", "auto_explain.log_min_duration": "0"}
CUSTOMER_DATA = "ada@customer.example"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A server with the stack's parameters of the log, for which every statement is slow."""
    settings = load.read(PROJECT_ROOT / "Pulumi.production.yaml")
    assert isinstance(settings, Settings)
    stated = {
        name: parameter.value
        for name, parameter in settings.postgres.parameters.items()
        if name.startswith(OF_THE_LOG)
    }
    paths = SandboxPaths("log-test", tmp_path_factory.mktemp("project"))
    paths.directory.mkdir(parents=True)
    server = PostgresServer.create_primary(
        paths,
        "primary",
        authority=CertificateAuthority("test"),
        parameters={**stated, **EVERY_STATEMENT},
        master=MASTER,
    )
    yield server
    server.destroy()
    processes.end_leftovers(paths)


def test_slow_and_failed_statements_are_logged_without_their_bind_values(
    server: PostgresServer,
) -> None:
    with psycopg.connect(
        host="127.0.0.1",
        port=server.port,
        user=MASTER.name,
        password=MASTER.password,
        dbname="postgres",
        sslmode="require",
        autocommit=True,
    ) as connection:
        connection.execute("SELECT length(%s::text) AS slow", (CUSTOMER_DATA,))
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("SELECT length(%s::text) / 0 AS failed", (CUSTOMER_DATA,))
    log = server.log_tail(200)
    assert "SELECT length($1::text) AS slow" in log
    assert "Query Text: SELECT length($1::text) AS slow" in log  # of auto_explain
    assert "SELECT length($1::text) / 0 AS failed" in log
    assert CUSTOMER_DATA not in log
