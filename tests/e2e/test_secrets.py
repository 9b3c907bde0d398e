"""No password or verifier stands anywhere but where it belongs.

The test knows the real values, and first shows that its search finds what it looks for.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import boto3
import psutil
import psycopg
import pytest

from tests.e2e.checkout import Checkout

pytestmark = pytest.mark.exhaustive(
    example="tests/e2e/staging/test_drift_command.py::test_changes_in_both_layers_are_found_without_a_password_and_gone_after_up"
)


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    checkout = Checkout.copy_to(tmp_path_factory.mktemp("secrets") / "project")
    yield checkout
    assert checkout.sandbox("down").code == 0


def files_with(root: Path, needles: Iterable[str]) -> set[Path]:
    wanted = [needle.encode() for needle in needles]
    return {
        path
        for path in root.rglob("*")
        if path.is_file() and any(needle in path.read_bytes() for needle in wanted)
    }


def command_lines_with(needles: Iterable[str]) -> set[str]:
    found = set()
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or [])
        if any(needle in line for needle in needles):
            found.add(line)
    return found


def real_secrets(checkout: Checkout) -> set[str]:
    """Passwords and keys from Secrets Manager, and verifiers from the server's own catalogue."""
    exports = checkout.exports()
    client = boto3.client(
        "secretsmanager",
        endpoint_url=exports["AWS_ENDPOINT_URL"],
        region_name=exports["AWS_REGION"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    documents = [
        json.loads(client.get_secret_value(SecretId=secret["ARN"])["SecretString"])
        for secret in client.list_secrets()["SecretList"]
    ]
    values = [document["password"] for document in documents if "password" in document]
    keys = [document["private_key"] for document in documents if "private_key" in document]
    # within one line, so that no spelling of line ends hides it
    values += [key.splitlines()[1] for key in keys]
    with psycopg.connect(exports["PG_SUPERUSER_URL"]) as superuser:
        rows = superuser.execute(
            "SELECT rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL"
        ).fetchall()
    verifiers = [str(verifier) for (verifier,) in rows]
    # the stored and the server key are the secret half of a verifier
    return {*values, *verifiers, *(verifier.rpartition("$")[2] for verifier in verifiers)}


def test_no_secret_is_in_a_file_a_log_an_output_or_a_process_list(production: Checkout) -> None:
    process = production.popen("sandbox", "up", "--json")
    seen_processes: set[str] = set()
    while process.returncode is None:
        for each in psutil.process_iter(["cmdline"]):
            seen_processes.add(" ".join(each.info["cmdline"] or []))
        # a process list can only be sampled; what the command says is read meanwhile
        with contextlib.suppress(subprocess.TimeoutExpired):
            stdout, stderr = process.communicate(timeout=0.1)
    assert process.returncode == 0, stderr
    secrets = real_secrets(production)
    assert len(secrets) >= 6

    canary = production.root / ".sandbox" / "production" / "canary.log"
    canary.write_text(f"password={min(secrets, key=len)}")
    assert files_with(production.root, secrets) == {canary}
    canary.unlink()

    shell = ["sh", "-c", "read _", min(secrets, key=len)]
    with subprocess.Popen(shell, stdin=subprocess.PIPE) as planted:
        assert command_lines_with(secrets)
        planted.kill()

    outputs = [stdout, stderr, *seen_processes]
    outputs += [
        text
        for operation in ("preview", "refresh", "up")
        for finished in (production.sandbox(operation), production.run("sandbox", operation))
        for text in (finished.stdout, finished.stderr)
    ]
    assert not [text for text in outputs if any(secret in text for secret in secrets)]
    assert files_with(production.root, secrets) == set()
    assert not command_lines_with(secrets)


def test_no_secret_is_in_the_servers_own_logs(production: Checkout) -> None:
    secrets = real_secrets(production)
    with psycopg.connect(production.exports()["PG_SUPERUSER_URL"]) as superuser:
        row = superuser.execute("SHOW data_directory").fetchone()
    assert row is not None
    logs = [path for path in Path(str(row[0])).parent.rglob("*") if "log" in path.name]
    readable = [path for path in logs if path.is_file() and path.suffix in (".log", ".csv", "")]
    texts = [path.read_bytes() for path in readable if "pg_wal" not in path.parts]
    assert any(b"database system is ready" in text for text in texts)
    assert not [text for text in texts if any(secret.encode() in text for secret in secrets)]
