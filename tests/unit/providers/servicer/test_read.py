"""The servicer reads: refreshes, drift, imports."""

from __future__ import annotations

import pytest

from sandbox.providers.wire import Properties
from tests.sandbox.providers.engine_client import Engine, Live, ProviderError
from tests.unit.providers.servicer.requests import PASSWORD
from tests.unit.providers.toy_provider import TOKEN, Cloud, MemoryLedger

# -- read --------------------------------------------------------------------------------------


def test_a_refresh_without_changes_reports_nothing(toy: Engine) -> None:
    live = toy.create(TOKEN, {"name": "a", "note": "x", "password": PASSWORD})
    seen = toy.read(live)
    assert seen is not None
    assert (seen.state, seen.inputs) == (live.state, live.inputs)
    assert toy.drift(live) == set()


@pytest.mark.parametrize(
    ("change", "path"),
    [({"size": 5}, "size"), ({"note": "foreign"}, "note")],
    ids=["given-by-default", "left-out"],
)
def test_a_change_behind_the_engines_back_is_drift(
    toy: Engine, cloud: Cloud, change: Properties, path: str
) -> None:
    live = toy.create(TOKEN, {"name": "a"})
    cloud.save("a", **change)
    assert toy.drift(live) == {path}
    seen = toy.read(live)
    assert seen is not None
    assert toy.drift(toy.update(seen, live.inputs)) == set()


def test_a_computed_input_that_the_program_leaves_out_is_no_drift(
    toy: Engine, cloud: Cloud
) -> None:
    live = toy.create(TOKEN, {"name": "a"})
    cloud.save("a", zone="moved")
    assert toy.drift(live) == set()


def test_a_resource_that_is_gone_reads_as_gone_and_leaves_the_ledger(
    toy: Engine, cloud: Cloud, ledger: MemoryLedger
) -> None:
    live = toy.create(TOKEN, {"name": "a"})
    cloud.file("a").unlink()
    assert toy.read(live) is None
    assert ledger.entries == {}


def test_a_failing_read_is_an_error_and_not_a_loss(toy: Engine) -> None:
    live = toy.create(TOKEN, {"name": "a"})
    live.state |= {"fails": "read", "password": PASSWORD}
    with pytest.raises(ProviderError, match=r"^reading toy:index:Thing it: no read with \[secret"):
        toy.read(live)


def test_an_import_by_id_reads_inputs_that_differ_from_leaving_them_out(
    toy: Engine, cloud: Cloud
) -> None:
    cloud.save("found", size=3, zone="a")
    found = toy.read(Live(TOKEN, "found", {}, {}))
    assert found is not None
    assert found.inputs == {"name": "found", "size": 3}
    assert found.state["address"] == "found.toy"
