"""The servicer creates: previews, failures, unfinished resources."""

from __future__ import annotations

import pytest

from sandbox.providers.wire import UNKNOWN
from tests.sandbox.providers.engine_client import Engine, ProviderError
from tests.unit.providers.servicer.requests import PASSWORD, create_request, unfinished
from tests.unit.providers.toy_provider import TOKEN, Cloud

# -- create ------------------------------------------------------------------------------------


def test_a_preview_knows_the_inputs_and_makes_nothing(toy: Engine, cloud: Cloud) -> None:
    planned = toy.preview_create(TOKEN, {"name": "a", "size": UNKNOWN})
    assert planned["name"] == "a"
    assert {key for key, value in planned.items() if value is UNKNOWN} == {
        *("size", "zone", "address", "key")
    }
    assert cloud.names() == []
    assert cloud.calls == []


def test_a_computed_input_that_is_given_is_known_at_preview(toy: Engine) -> None:
    assert toy.preview_create(TOKEN, {"name": "a", "zone": "b"})["zone"] == "b"


def test_creation_answers_with_inputs_and_what_the_service_says(toy: Engine, cloud: Cloud) -> None:
    live = toy.create(TOKEN, {"name": "a"})
    assert live.id == "a"
    assert live.state == {
        **{"name": "a", "size": 1, "zone": "a"},
        **{"address": "a.toy", "key": "drawn-once"},
    }
    assert cloud.calls == [("create", "a"), ("wait_until_ready", "a")]


def test_a_creation_that_fails_leaves_no_resource(toy: Engine, cloud: Cloud) -> None:
    with pytest.raises(ProviderError) as error:
        toy.create(TOKEN, {"name": "a", "fails": "create", "password": PASSWORD})
    assert str(error.value) == f"creating {TOKEN} it: no create with [secret]"
    assert cloud.names() == []


@pytest.mark.parametrize(
    ("fails", "reason"),
    [
        ("wait_until_ready", "no wait_until_ready with [secret]"),
        ("read", "no read with [secret]"),
        ("vanish", "it was not found right after the call that created it"),
    ],
)
def test_a_failure_after_the_creation_keeps_the_id_and_hides_the_secret(
    toy: Engine, fails: str, reason: str
) -> None:
    request = create_request(toy, {"name": "a", "fails": fails, "password": PASSWORD})
    said, live = unfinished(toy, "Create", request)
    assert said.startswith(reason)
    assert live.id == "a"
    assert live.state["password"] == PASSWORD
    assert {"password", "key"} <= live.secrets


def test_an_unfinished_resource_is_finished_by_the_next_update(toy: Engine, cloud: Cloud) -> None:
    request = create_request(toy, {"name": "a", "fails": "wait_until_ready"})
    _, live = unfinished(toy, "Create", request)
    live.inputs = {"name": "a", "fails": "wait_until_ready"}
    cloud.calls.clear()
    finished = toy.update(live, {"name": "a"})
    assert finished.state["address"] == "a.toy"
    assert cloud.calls == [("update", frozenset({"fails"})), ("wait_until_ready", "a")]


def test_finishing_without_a_difference_settles_and_updates_nothing(
    toy: Engine, cloud: Cloud
) -> None:
    live = toy.create(TOKEN, {"name": "a"})
    cloud.calls.clear()
    toy.update(live, live.inputs)
    assert cloud.calls == [("wait_until_ready", "a")]
