"""The servicer updates, deletes and compares."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pulumi.runtime.proto import provider_pb2

from sandbox.providers import wire
from sandbox.providers.resource_type import Property
from sandbox.providers.wire import UNKNOWN
from tests.sandbox.providers.engine_client import Engine, ProviderError, engine, urn
from tests.unit.providers.servicer.requests import PASSWORD
from tests.unit.providers.toy_provider import PROVIDER, TOKEN, Cloud, MemoryLedger, Thing

# -- diff, update, delete ----------------------------------------------------------------------


def test_an_update_names_only_what_changed_and_keeps_what_it_does_not_say(
    toy: Engine, cloud: Cloud
) -> None:
    live = toy.create(TOKEN, {"name": "a", "note": "x"})
    cloud.calls.clear()
    now = toy.update(live, {"name": "a", "size": 2})
    assert cloud.calls[0] == ("update", frozenset({"size", "note"}))
    assert cloud.load("a")["size"] == 2
    assert "note" not in now.state
    assert (now.state["zone"], now.state["key"]) == ("a", "drawn-once")


def test_an_update_at_preview_changes_nothing(toy: Engine, cloud: Cloud) -> None:
    live = toy.create(TOKEN, {"name": "a"})
    cloud.calls.clear()
    request = provider_pb2.UpdateRequest(
        id="a",
        urn=urn(TOKEN, "it"),
        olds=wire.dumps(live.state),
        news=wire.dumps({**live.inputs, "size": UNKNOWN}),
        preview=True,
    )
    planned, secrets = wire.loads(toy.stub.Update(request).properties)
    assert planned == {**live.state, "size": UNKNOWN}
    assert secrets == {"key"}
    assert cloud.calls == []


def test_a_failing_update_names_what_it_was_doing(toy: Engine) -> None:
    live = toy.create(TOKEN, {"name": "a"})
    with pytest.raises(ProviderError) as error:
        toy.update(live, {"name": "a", "fails": "update", "password": PASSWORD})
    assert str(error.value) == f"updating {TOKEN} it: no update with [secret]"


def test_updating_what_is_gone_says_what_to_do(toy: Engine, cloud: Cloud) -> None:
    live = toy.create(TOKEN, {"name": "a"})
    cloud.file("a").unlink()
    with pytest.raises(ProviderError, match="a refresh removes it from the state"):
        toy.update(live, {"name": "a", "size": 2})


def test_deletion_deletes_and_one_that_finds_nothing_is_no_fault(
    toy: Engine, cloud: Cloud, ledger: MemoryLedger
) -> None:
    live = toy.create(TOKEN, {"name": "a"})
    toy.delete(live)
    assert (cloud.names(), ledger.entries) == ([], {})
    toy.delete(live)


def test_a_failing_deletion_hides_the_secret(toy: Engine) -> None:
    live = toy.create(TOKEN, {"name": "a", "password": PASSWORD})
    live.state["fails"] = "delete"
    with pytest.raises(
        ProviderError, match=r"deleting toy:index:Thing it: no delete with \[secret"
    ):
        toy.delete(live)


@pytest.mark.parametrize(
    ("name", "always", "first"),
    [("given", False, True), (None, False, False), (None, True, True)],
)
def test_a_given_name_is_freed_before_its_replacement_and_a_generated_one_where_the_kind_says_so(
    cloud: Cloud, name: str | None, always: bool, first: bool
) -> None:
    class Fixed(Thing):
        deletes_first = always
        properties = {**Thing.properties, "size": Property(default=1, replaces="as in the test")}

    provider = replace(PROVIDER, resource_types={TOKEN: Fixed()}, configure=lambda config: cloud)
    with engine(provider) as speaking:
        live = speaking.create(TOKEN, {"name": name})
        checked, _ = speaking.check(TOKEN, {"name": name, "size": 2}, old=live.inputs)
        answer = speaking.stub.Diff(
            provider_pb2.DiffRequest(
                urn=urn(TOKEN, "it"), olds=wire.dumps(live.state), news=wire.dumps(checked)
            )
        )
    assert list(answer.replaces) == ["size"]
    assert answer.deleteBeforeReplace is first


def test_the_kind_of_each_difference_is_reported_by_its_path(toy: Engine) -> None:
    answer = toy.stub.Diff(
        provider_pb2.DiffRequest(
            urn=urn(TOKEN, "it"),
            olds=wire.dumps({"name": "a", "size": 1, "note": "x"}),
            news=wire.dumps({"name": "b", "size": 1, "password": PASSWORD}),
        )
    )
    change = provider_pb2.PropertyDiff
    assert {path: item.kind for path, item in answer.detailedDiff.items()} == {
        "name": change.UPDATE_REPLACE,
        "note": change.DELETE,
        "password": change.ADD,
    }
    assert answer.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert set(answer.diffs) == {"name", "note", "password"}
