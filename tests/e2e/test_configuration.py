"""A broken environment file ends the sandbox's command before anything of it starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.checkout import Checkout, Finished


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return Checkout.copy_to(tmp_path_factory.mktemp("configuration") / "project")


def _run(checkout: Checkout, file: str, old: str, new: str, *arguments: str) -> Finished:
    path = checkout.root / file
    before = path.read_text()
    assert before.count(old) == 1
    path.write_text(before.replace(old, new))
    try:
        return checkout.run("sandbox", *arguments, "--env", "staging")
    finally:
        path.write_text(before)


def _started(checkout: Checkout) -> list[Path]:
    """What the sandbox makes first of all: its directory, its lock."""
    return list(checkout.root.glob(".sandbox/*"))


FILES: dict[str, tuple[str, str, str, str]] = {
    "main": (
        "Pulumi.staging.yaml",
        "allocated_gb: 100, iops: 3000",
        "allocated_gb: 100, iops: 12000",
        "Pulumi.staging.yaml: nexusflow:postgres.storage.iops: 12000 IOPS on 100 GB: gp3 provides "
        "exactly 3000 below 400 GB; write 3000, or allocate 400 GB or more",
    ),
    "foundation": (
        "foundation/Pulumi.staging.yaml",
        "nat: single",
        "nat: one",
        'foundation/Pulumi.staging.yaml: nexusflow-foundation:network.nat: "one" is not '
        "allowed; use 'none', 'single' or 'per_az'",
    ),
    "defaults": (
        "config/defaults/database.yaml",
        "owner: nexusflow_migrator",
        "owner: nexusflow_app",
        "config/defaults/database.yaml: owner: nexusflow_app is a login role, and the owner of the "
        "tables must not be; name a separate role, such as nexusflow_migrator",
    ),
}
PARTS: dict[str, tuple[str, str, str, str]] = {
    "alarms": (
        "Pulumi.staging.yaml",
        "critical: [{protocol: email, endpoint: oncall@nexusflow.example}]",
        "critical: []",
        "Pulumi.staging.yaml: nexusflow:alarms.subscribers.critical: empty: a critical alarm would "
        "reach nobody; list at least one, such as {protocol: email, endpoint: oncall@example.com}",
    ),
    "backups": (
        "Pulumi.staging.yaml",
        "nexusflow:backups:\n",
        "nexusflow:backups:\n    lock: {min_keep_days: 366}\n",
        "Pulumi.staging.yaml: nexusflow:backups.lock.min_keep_days: 366 is more than max_keep_days "
        "365; write the smaller number here",
    ),
    "clickhouse": (
        "Pulumi.staging.yaml",
        "instance_type: m6g.large",
        "instance_type: t4g.small",
        "Pulumi.staging.yaml: nexusflow:clickhouse.instance_type: t4g.small has 2 GiB, too little "
        "for ClickHouse; use a type with 4 GiB or more",
    ),
    "pooler": (
        "Pulumi.staging.yaml",
        "tasks: {min: 1, max: 2}",
        "tasks: {min: 3, max: 2}",
        "Pulumi.staging.yaml: nexusflow:pgbouncer.tasks.max: 2 is less than min 3; write 3 or more",
    ),
}
BROKEN = FILES | PARTS
TRIED = [("up", name) for name in BROKEN]
TRIED += [(operation, name) for operation in ("preview", "refresh") for name in FILES]


@pytest.mark.parametrize(("operation", "name"), TRIED)
def test_a_broken_file_is_refused_before_anything_starts(
    checkout: Checkout, operation: str, name: str
) -> None:
    file, old, new, line = BROKEN[name]
    finished = _run(checkout, file, old, new, operation)
    assert finished.code == 2
    assert finished.stdout == ""
    assert finished.stderr.splitlines() == [f"nexusdb: {line}"]
    assert _started(checkout) == []


def test_a_broken_file_keeps_nobody_from_taking_down(checkout: Checkout) -> None:
    finished = _run(checkout, "Pulumi.staging.yaml", "100, iops: 3000", "100, iops: 1", "down")
    assert finished.code == 0


def test_the_first_preview_notes_its_warnings_and_no_other_environments_fault(
    checkout: Checkout,
) -> None:
    checkout.edit("Pulumi.production.yaml", **{"config/aws:region": "nowhere"})
    try:
        document = checkout.sandbox("preview", env="staging").document
    finally:
        assert checkout.sandbox("down", env="staging").code == 0
    assert document["result"] == "succeeded"
    noted = [note for note in document["notes"] if note.startswith("Pulumi.")]
    assert [note.partition(" ")[2].partition(": ")[0] for note in noted] == [
        "nexusflow:postgres.instance_class",
        "nexusflow:clickhouse.packages",
    ]
