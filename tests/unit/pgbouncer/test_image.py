"""The image's scripts: clean shell, private files, and clients that may finish."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.pgbouncer.config import DIRECTORY, SERVER_CA
from components.pgbouncer.task_definition import USER
from config import load
from config.settings.stack import Settings

ROOT = Path(__file__).resolve().parents[3]
IMAGE = ROOT / "images/pgbouncer"
CARRIED = {
    "PGBOUNCER_INI": "[pgbouncer]",
    "PGBOUNCER_USERLIST": '"a" "SCRAM-SHA-256$…"',
    "TLS_CERTIFICATE": "certificate",
    "TLS_PRIVATE_KEY": "key",
    "PGPASSWORD": "a password",
}
FAKE = """#!{python}
import os, signal, sys
log = open(os.environ["LOG"], "a", buffering=1)
def told(number, frame):
    log.write(signal.Signals(number).name + "\\n")
    if number == signal.SIGINT:
        sys.exit(7)
signal.signal(signal.SIGTERM, told)
signal.signal(signal.SIGINT, told)
log.write("secrets " + str(sorted(set(os.environ) & {carried})) + "\\n")
print("running", flush=True)
while True:
    signal.pause()
"""


@pytest.mark.parametrize("script", sorted(IMAGE.glob("*.sh")), ids=lambda path: path.name)
def test_the_scripts_are_clean(script: Path) -> None:
    program = Path(sys.executable).with_name("shellcheck")
    answer = subprocess.run([program, script], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout


def test_the_image_is_built_for_the_user_and_paths_that_the_task_names() -> None:
    text = (IMAGE / "Dockerfile").read_text("utf-8")
    assert f"USER {USER}" in text
    assert f"VOLUME {DIRECTORY}" in text
    assert f" {SERVER_CA}\n" in text
    for base in re.findall(r"^FROM (\S+)", text, re.MULTILINE):
        assert re.search(r":\d+(\.\d+)+", base), f"{base} is not pinned"


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_the_image_is_built_of_the_version_that_the_stack_file_names(environment: str) -> None:
    settings = load.read(ROOT / f"Pulumi.{environment}.yaml")
    assert isinstance(settings, Settings)
    text = (IMAGE / "Dockerfile").read_text("utf-8")
    built = re.findall(r"^ARG PGBOUNCER_VERSION=(.+)$", text, re.MULTILINE)
    named = re.findall(r'--tag "\$REPOSITORY:(\S+)"', text)
    assert built == named == [settings.pgbouncer.image.version]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    fake = tmp_path / "bin/pgbouncer"
    fake.parent.mkdir()
    fake.write_text(FAKE.format(python=sys.executable, carried=set(CARRIED)))
    fake.chmod(0o755)
    with subprocess.Popen(
        ["sh", IMAGE / "entrypoint.sh"],
        env={
            "PATH": f"{fake.parent}:{os.environ['PATH']}",
            "PGHOST": str(tmp_path),
            "LOG": str(tmp_path / "log"),
            "DRAIN_SECONDS": "0.5",
            **CARRIED,
        },
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "running\n"
        yield process
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def test_the_entrypoint_lets_transactions_finish_before_it_ends_idle_connections(
    running: subprocess.Popen[str], tmp_path: Path
) -> None:
    running.send_signal(signal.SIGTERM)
    assert running.wait(timeout=30) == 7
    assert (tmp_path / "log").read_text().splitlines()[1:] == ["SIGTERM", "SIGINT"]


def test_what_a_task_carries_lies_in_private_files_and_not_in_the_poolers_environment(
    running: subprocess.Popen[str], tmp_path: Path
) -> None:
    running.send_signal(signal.SIGTERM)
    running.wait(timeout=30)
    assert (tmp_path / "log").read_text().splitlines()[0] == "secrets []"
    written = {"pgbouncer.ini", "userlist.txt", "tls.crt", "tls.key"}
    for name in written:
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert (tmp_path / "userlist.txt").read_text() == CARRIED["PGBOUNCER_USERLIST"]
