"""Runs that are killed or interrupted at any moment: the next `up` recovers what they left."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.emulator import client
from sandbox.paths import PROJECT_ROOT
from sandbox.providers.aws.__main__ import RESOURCE_TYPES
from tests.e2e.checkout import Checkout
from tests.e2e.production.test_drift import resources_of
from tests.estate.inventory.inventory import INVENTORY, NOT_LISTED

GOLDEN = PROJECT_ROOT / "tests/components/golden"
CHAINS = (
    (
        "create:aws:ec2/vpc:Vpc",
        "create:aws:ec2/routeTableAssociation:RouteTableAssociation",
        "create:aws:kms/key:Key",
        "create:aws:rds/instance:Instance",
        "create:postgresql:index/role:Role",
    ),
    (
        "create:aws:ec2/eip:Eip",
        "create:aws:ec2/natGateway:NatGateway",
        "create:aws:ec2/route:Route:network-private-a",
        "create:random:index/randomPassword:RandomPassword",
        "create:aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive",
        "create:aws:secretsmanager/secretVersion:SecretVersion:database-nexusflow_app",
    ),
    (
        "create:aws:kms/key:Key:backups-recovery",
        "create:aws:backup/vaultLockConfiguration:VaultLockConfiguration:backups-recovery-vault",
        "create:aws:backup/selection:Selection:backups-daily-volumes",
    ),
)
"""Kill points of one build each; every one depends on the one before, so none is ever past."""


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    copy = Checkout.copy_to(tmp_path / "project")
    yield copy
    assert copy.sandbox("down").code == 0


def use_aws(checkout: Checkout, patch: pytest.MonkeyPatch) -> None:
    for name, value in checkout.exports().items():
        if name.startswith("AWS_"):
            patch.setenv(name, value)


def assert_nothing_is_orphaned_or_lost(checkout: Checkout) -> None:
    """boto3's lists over all types equal the state."""
    recorded: dict[str, set[str]] = {token: set() for token in INVENTORY}
    for resource in resources_of(checkout):
        if resource["type"] in INVENTORY:
            recorded[resource["type"]].add(resource["id"])
    assert {token: ids() for token, ids in INVENTORY.items()} == recorded


def test_every_type_of_the_plugin_is_listed() -> None:
    assert set(INVENTORY) | NOT_LISTED == set(RESOURCE_TYPES)


def test_every_kill_point_is_one_of_productions_resources() -> None:
    """Else no run would be killed there."""
    recorded = [
        resource.replace(" ", ":")
        for project in ("foundation", "main")
        for resource in json.loads((GOLDEN / f"{project}-production.json").read_text())
    ]
    for point in (point for chain in CHAINS for point in chain):
        wanted = point.removeprefix("create:")
        assert any(f"{each}:".startswith(f"{wanted}:") for each in recorded), point


@pytest.mark.exhaustive(
    example="tests/e2e/runs/test_engine_runs.py::test_after_a_kill_the_next_run_ends_the_orphans_and_breaks_the_lock"
)
@pytest.mark.parametrize(
    "chain", CHAINS, ids=["first chain", "second chain", "chain into another region"]
)
def test_a_run_killed_before_the_engine_recorded_is_recovered_by_the_next(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, chain: tuple[str, ...]
) -> None:
    for point in chain:
        killed = checkout.run("sandbox", "up", NEXUSDB_KILL_AT=point)
        assert killed.code == -signal.SIGKILL, (point, killed.stderr)
    checkout.up()
    use_aws(checkout, monkeypatch)
    assert_nothing_is_orphaned_or_lost(checkout)
    assert checkout.sandbox("preview").changed == {}
    assert checkout.sandbox("refresh").changed == {}


@pytest.mark.exhaustive(
    example="tests/e2e/runs/test_engine_runs.py::test_after_a_kill_the_next_run_ends_the_orphans_and_breaks_the_lock"
)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_a_run_ended_from_outside_at_any_moment_is_recovered_by_the_next(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """Each run is ended as soon as it has made one thing more; the moments differ by themselves."""
    for _ in range(3):
        process = checkout.popen("sandbox", "up")
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip().startswith("create"):
                process.send_signal(number)
                break
        process.communicate(timeout=120)
        assert process.returncode != 0
    checkout.up()
    use_aws(checkout, monkeypatch)
    assert_nothing_is_orphaned_or_lost(checkout)
    assert checkout.sandbox("refresh").changed == {}


@pytest.mark.exhaustive(
    example="tests/e2e/runs/test_engine_runs.py::test_a_dead_emulator_means_that_its_cloud_is_gone"
)
def test_a_killed_emulator_is_a_lost_cloud_that_up_builds_anew(
    production: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = client.running(production.paths())
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)
    again = production.up()
    assert again.document["changes"]["create"] > 30
    use_aws(production, monkeypatch)
    assert_nothing_is_orphaned_or_lost(production)
