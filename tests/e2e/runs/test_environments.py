"""Two environments side by side, and one that goes and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.e2e.checkout import Checkout, Finished

pytestmark = pytest.mark.exhaustive(
    example="tests/e2e/production/test_loop.py::test_up_ends_with_checks_that_all_passed"
)

BOTH = ("production", "staging")
STACK_FILE = "Pulumi.production.yaml"


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    copy = Checkout.copy_to(tmp_path / "project")
    yield copy
    for environment in BOTH:
        assert copy.sandbox("down", env=environment).code == 0


def answers(checkout: Checkout, environment: str) -> bool:
    with psycopg.connect(checkout.exports(environment)["APP_URL"]) as app:
        return app.execute("SELECT 1").fetchone() == (1,)


def test_two_environments_run_side_by_side_and_one_goes_without_the_other(
    checkout: Checkout,
) -> None:
    running = {name: checkout.popen("sandbox", "up", "--env", name, "--json") for name in BOTH}
    for name, process in running.items():
        stdout, stderr = process.communicate(timeout=300)
        finished = Finished(process.returncode, stdout, stderr)
        assert finished.code == 0, (name, stderr)
        assert all(check["passed"] for check in finished.document["checks"])
    assert checkout.exports("staging")["PGPORT"] != checkout.exports("production")["PGPORT"]

    destroyed = checkout.sandbox("down", "--destroy", env="staging")
    assert destroyed.code == 0, destroyed.stderr
    assert set(destroyed.document["changes"]) <= {"delete", "discard"}
    assert not checkout.paths("staging").directory.exists()
    assert answers(checkout, "production")

    checkout.up("staging")
    assert answers(checkout, "staging")


def test_production_is_destroyed_only_after_its_protection_is_lifted_by_configuration(
    production: Checkout,
) -> None:
    refused = production.sandbox("down", "--destroy")
    assert refused.code != 0
    assert "protect" in refused.stdout + refused.stderr
    assert answers(production, "production")

    lifted = {"enabled": False, "reason": "a test of the way out"}
    sections = ("postgres", "pgbouncer", "redis", "clickhouse", "backups")
    protected = production.edit(
        STACK_FILE,
        **{f"config/nexusflow:{section}/deletion_protection": lifted for section in sections},
    )
    images = production.edit(
        f"foundation/{STACK_FILE}",
        **{
            f"config/nexusflow-foundation:{section}/deletion_protection": lifted
            for section in ("network", "images")
        },
    )
    production.up()
    destroyed = production.sandbox("down", "--destroy")
    assert destroyed.code == 0, destroyed.stderr
    assert set(destroyed.document["changes"]) <= {"delete", "discard"}
    (production.root / STACK_FILE).write_text(protected)
    (production.root / "foundation" / STACK_FILE).write_text(images)
    production.up()
    assert answers(production, "production")
