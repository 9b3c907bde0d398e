"""Recovers the pending creations of a killed run: it began them and never recorded the result.

A resource that exists is adopted into the state and never deleted. One that doesn't is removed from
the state, so that the next `up` creates it. The state is edited as `pulumi stack export` prints it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from engine.errors import EngineError
from engine.result import Operation
from engine.wire_format import SIGNATURE

CREATING = "creating"


class RecoveryError(EngineError):
    """A pending creation can't be looked up, or has several candidates: a person must decide."""


@dataclass(frozen=True)
class PendingCreation:
    """A creation that the engine began and never recorded as done."""

    urn: str
    type: str
    inputs: Mapping[str, Any]
    provider: Mapping[str, Any]
    """The settings of its provider."""
    component: bool = False
    """Whether it only groups other resources. A component exists in the state alone."""

    @property
    def name(self) -> str:
        return self.urn.rsplit("::", 1)[-1]


Lookup = Callable[[PendingCreation], Iterable[str]]
"""The ids of all resources that could be a pending creation's result. An id that can be computed
from the inputs may be returned unchecked: the refresh that follows drops resources that don't
exist."""


class Stack(Protocol):
    """The part of a project's stack that recovery uses."""

    @property
    def label(self) -> str: ...
    def deployment(self) -> Mapping[str, Any]: ...
    def revealed_deployment(self) -> Mapping[str, Any]: ...
    def replace_state(self, edit: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None: ...
    def command(self, *arguments: str) -> str: ...


def recover(
    stack: Stack,
    operation: Operation,
    lookup: Lookup,
    say: Callable[[str], None],
    *,
    may_write: bool,
) -> list[str]:
    """Adopts or forgets every pending creation; returns notes for the run's result.

    `may_write` is false for operations that don't change the state: they only get a note.
    """
    if not has_pending_operations(stack.deployment()):
        return []
    if not may_write:
        return [
            f"{stack.label}: a killed run left operations unrecorded, which this "
            f"{operation.value} ignores; the next `up` recovers them"
        ]
    say(f"{stack.label}: a killed run left operations unrecorded")
    deployment = stack.revealed_deployment()
    found = locate(deployment, lookup)
    for creation in pending_creations(deployment):
        identifier = found.get(creation.urn)
        fate = f"adopted as {identifier}, if it exists" if identifier else "was not created"
        say(f"  {creation.type}  {creation.name}: {fate}")
    stack.replace_state(partial(settled, found=found))
    replaced = predecessors(deployment, found)
    if replaced or operation is Operation.DESTROY:  # the other operations start with a refresh
        stack.command("refresh", "--yes", "--skip-preview")
    if replaced:
        stack.replace_state(partial(predecessors_restored, predecessors=replaced))
    return []


def has_pending_operations(deployment: Mapping[str, Any]) -> bool:
    """Whether a run ended without recording the results of operations that it began."""
    return bool(deployment.get("pending_operations"))


def pending_creations(deployment: Mapping[str, Any]) -> list[PendingCreation]:
    """The pending creations. Pending updates and deletions need no more than a refresh."""
    providers = {
        f"{resource['urn']}::{resource['id']}": resource.get("inputs") or {}
        for resource in deployment.get("resources") or ()
        if resource["type"].startswith("pulumi:providers:")
    }
    return [
        PendingCreation(
            urn=resource["urn"],
            type=resource["type"],
            inputs=revealed(resource.get("inputs") or {}),
            provider=revealed(providers.get(resource.get("provider", ""), {})),
            component=not resource.get("custom", True),
        )
        for operation in deployment.get("pending_operations") or ()
        for resource in (operation["resource"],)
        if operation["type"] == CREATING
    ]


def recorded_ids(deployment: Mapping[str, Any]) -> Mapping[str, set[str]]:
    """The ids in the state, by type. None of them can be the result of a pending creation."""
    known: dict[str, set[str]] = {}
    for resource in deployment.get("resources") or ():
        if resource.get("id"):
            known.setdefault(resource["type"], set()).add(resource["id"])
    return known


def locate(deployment: Mapping[str, Any], lookup: Lookup) -> dict[str, str]:
    """The id of each pending creation that may have succeeded, by URN."""
    known = recorded_ids(deployment)
    found: dict[str, str] = {}
    for creation in pending_creations(deployment):
        if creation.component:
            continue
        candidates = set(lookup(creation)) - known.get(creation.type, set())
        if len(candidates) > 1:
            raise RecoveryError(
                f"{creation.urn} was being created when its run was killed, and it could be any of "
                f"these: {', '.join(sorted(candidates))}. Delete those that nothing uses, then run "
                "this again"
            )
        if candidates:
            found[creation.urn] = candidates.pop()
    return found


def settled(deployment: Mapping[str, Any], found: Mapping[str, str]) -> dict[str, Any]:
    """The state with every pending creation either recorded under its id or forgotten.

    It is for `pulumi stack import`; a refresh then reads the adopted resources. The CLI's own
    `refresh --import-pending-creates` can't be used: 3.259 drops the creations instead of recording
    them, because its engine ignores pending operations of type "importing".
    """
    pending = deployment.get("pending_operations") or []
    adopted = [
        {**resource, "id": found[resource["urn"]], "outputs": resource.get("inputs") or {}}
        for operation in pending
        for resource in (operation["resource"],)
        if operation["type"] == CREATING and resource["urn"] in found
    ]
    # the predecessor of an adopted replacement still has to be deleted, as the engine would do
    replaced = {resource["urn"] for resource in adopted}
    remaining = [
        {**resource, "delete": True} if resource["urn"] in replaced else resource
        for resource in deployment.get("resources") or ()
    ]
    return {
        **deployment,
        "resources": [*remaining, *adopted],
        "pending_operations": [each for each in pending if each["type"] != CREATING],
    }


def predecessors(deployment: Mapping[str, Any], urns: Iterable[str]) -> dict[str, str]:
    """The ids of the resources that the pending creations were to replace, by URN."""
    wanted = set(urns)
    return {
        each["urn"]: each["id"]
        for each in deployment.get("resources") or ()
        if each["urn"] in wanted and not each.get("delete")
    }


def predecessors_restored(
    deployment: Mapping[str, Any], predecessors: Mapping[str, str]
) -> dict[str, Any]:
    """The state in which a predecessor is no longer marked for deletion if its replacement turned
    out not to exist: the predecessor is still in use."""
    resources = deployment.get("resources") or []
    replaced = {each["urn"] for each in resources if not each.get("delete")}
    return {
        **deployment,
        "resources": [
            {key: value for key, value in each.items() if key != "delete"}
            if each["urn"] not in replaced and predecessors.get(each["urn"]) == each.get("id")
            else each
            for each in resources
        ],
    }


def revealed(value: Any) -> Any:
    """A property value of an export with `--show-secrets`, without the secrets' wrapping."""
    if isinstance(value, Mapping):
        if SIGNATURE in value and "plaintext" in value:
            return json.loads(value["plaintext"])
        return {name: revealed(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [revealed(item) for item in value]
    return value
