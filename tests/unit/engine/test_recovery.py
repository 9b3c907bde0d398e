"""Creations that a killed run left unrecorded: adopted into the state, or forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from engine import recovery, wire_format
from engine.recovery import Lookup, PendingCreation, RecoveryError
from engine.result import Operation

PREFIX = "urn:pulumi:staging::nexusflow::"
VPC = "aws:ec2/vpc:Vpc"
KEY = "aws:kms/key:Key"


def state(*pending: dict[str, Any], resources: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {
        "resources": list(resources),
        "pending_operations": [{"type": "creating", "resource": each} for each in pending],
    }


def creation(type_token: str, name: str, **inputs: Any) -> dict[str, Any]:
    return {"urn": f"{PREFIX}{type_token}::{name}", "type": type_token, "inputs": inputs}


def finding(*identifiers: str) -> Lookup:
    return lambda _creation: identifiers


def unasked(creation: PendingCreation) -> list[str]:
    raise AssertionError(creation)


class RecordedStack:
    """A stack whose state is a value; the refresh drops the ids that don't exist."""

    label = "main"

    def __init__(self, deployment: Mapping[str, Any], gone: frozenset[str] = frozenset()) -> None:
        self._deployment = deployment
        self._gone = gone
        self.commands: list[str] = []

    def deployment(self) -> Mapping[str, Any]:
        return self._deployment

    revealed_deployment = deployment

    def replace_state(self, edit: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
        self._deployment = edit(self._deployment)

    def command(self, *arguments: str) -> str:
        self.commands.append(arguments[0])
        left = [each for each in self._deployment["resources"] if each["id"] not in self._gone]
        self._deployment = {**self._deployment, "resources": left}
        return ""


def recover(stack: RecordedStack, lookup: Lookup, operation: Operation = Operation.UP) -> list[str]:
    return recovery.recover(stack, operation, lookup, lambda _: None, may_write=True)


def test_two_candidates_are_an_error_that_names_both() -> None:
    with pytest.raises(RecoveryError, match=r"network.*vpc-1, vpc-2"):
        recovery.locate(state(creation(VPC, "network")), finding("vpc-2", "vpc-1"))


def test_what_the_state_has_recorded_is_no_candidate() -> None:
    wanted = creation(VPC, "network")
    recorded = {**wanted, "id": "vpc-1"}
    before = state(wanted, resources=(recorded,))
    assert recovery.locate(before, finding("vpc-1", "vpc-2")) == {wanted["urn"]: "vpc-2"}


def test_a_component_that_was_being_registered_is_forgotten_without_a_lookup() -> None:
    component = {**creation("nexusflow:security:LoginSecret", "login"), "custom": False}
    before = state(component)
    assert recovery.locate(before, unasked) == {}
    assert recovery.settled(before, {})["pending_operations"] == []


def test_a_lookup_gets_the_inputs_and_the_providers_settings_in_the_clear() -> None:
    secret = {wire_format.SIGNATURE: wire_format.SECRET, "plaintext": json.dumps("hush")}
    provider = {
        "urn": f"{PREFIX}pulumi:providers:aws::recovery",
        "type": "pulumi:providers:aws",
        "id": "p-1",
        "inputs": {"region": "us-west-2"},
    }
    wanted = creation(KEY, "data", list=[{"password": secret}], plain=1)
    wanted["provider"] = f"{provider['urn']}::p-1"
    (found,) = recovery.pending_creations(state(wanted, resources=(provider,)))
    assert found.inputs == {"list": [{"password": "hush"}], "plain": 1}
    assert found.provider == {"region": "us-west-2"}


def test_the_settled_state_records_what_exists_and_forgets_the_rest() -> None:
    made = creation(KEY, "made", description="d")
    unmade = creation(KEY, "unmade")
    before = state(made, unmade)
    updating = {"type": "updating", "resource": creation(KEY, "other")}
    before["pending_operations"].append(updating)
    after = recovery.settled(before, {made["urn"]: "key-1"})
    assert after["resources"] == [{**made, "id": "key-1", "outputs": {"description": "d"}}]
    assert after["pending_operations"] == [updating]
    assert len(before["pending_operations"]) == 3, "the state given is left alone"


def test_a_run_that_may_not_write_only_notes_what_is_pending() -> None:
    stack = RecordedStack(state(creation(KEY, "data")))
    (note,) = recovery.recover(stack, Operation.PREVIEW, unasked, lambda _: None, may_write=False)
    assert "a killed run left operations unrecorded" in note
    assert recovery.has_pending_operations(stack.deployment())


def test_nothing_pending_takes_no_lookup_and_no_command() -> None:
    stack = RecordedStack(state())
    assert recover(stack, unasked) == []
    assert stack.commands == []


def replacement(gone: frozenset[str]) -> list[tuple[str, bool]]:
    """The ids after recovering a replacement of `old` by `new`, and whether each is to go."""
    made = creation(KEY, "data")
    stack = RecordedStack(state(made, resources=({**made, "id": "old"},)), gone)
    recover(stack, finding("new"))
    return [(each["id"], each.get("delete", False)) for each in stack.deployment()["resources"]]


def test_an_adopted_replacement_leaves_its_predecessor_to_be_deleted() -> None:
    assert replacement(gone=frozenset()) == [("old", True), ("new", False)]


def test_a_replacement_that_was_never_made_leaves_its_predecessor_in_use() -> None:
    assert replacement(gone=frozenset({"new"})) == [("old", False)]


def test_a_destruction_refreshes_what_was_adopted_because_it_begins_with_no_refresh() -> None:
    stack = RecordedStack(state(creation(KEY, "data")))
    recover(stack, finding("key-1"), Operation.DESTROY)
    assert stack.commands == ["refresh"]
