"""Recovers from a killed run: creations that it had begun and never recorded.

What exists is adopted into the state and never deleted; what doesn't is forgotten, so that the
next `up` creates it. The state edited is the one that `pulumi stack export` prints.
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
    """A person has to decide what became of a begun creation."""


@dataclass(frozen=True)
class PendingCreation:
    """A creation that the engine had begun and never recorded as done."""

    urn: str
    type: str
    inputs: Mapping[str, Any]
    provider: Mapping[str, Any]
    """The settings of its provider."""
    component: bool = False
    """Whether it only groups other resources; such a resource exists in the state alone."""

    @property
    def name(self) -> str:
        return self.urn.rsplit("::", 1)[-1]


Lookup = Callable[[PendingCreation], Iterable[str]]
"""The ids of all resources that could be a begun creation's result. An id that can be computed
from the inputs may be returned unchecked: the refresh that follows drops what doesn't exist."""


class Stack(Protocol):
    """What a recovery needs of a project's stack."""

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
    """Adopts or forgets every begun creation; returns notes for the run's result.

    `may_write` is false for operations that leave the state alone: they only get a note.
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
    """Whether a run ended without recording what it had begun."""
    return bool(deployment.get("pending_operations"))


def pending_creations(deployment: Mapping[str, Any]) -> list[PendingCreation]:
    """The begun creations. Begun updates and deletions need no more than a refresh."""
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
    """Type -> the ids that the state has recorded; those are no pending creation's result."""
    known: dict[str, set[str]] = {}
    for resource in deployment.get("resources") or ():
        if resource.get("id"):
            known.setdefault(resource["type"], set()).add(resource["id"])
    return known


def locate(deployment: Mapping[str, Any], lookup: Lookup) -> dict[str, str]:
    """URN -> id of each pending creation that may have succeeded."""
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
    """The state with every begun creation either recorded under its id or forgotten.

    It is for `pulumi stack import`; a refresh then reads what was adopted. The CLI's own
    `refresh --import-pending-creates` of 3.259 drops the creations instead of recording them
    (its engine ignores pending operations of type "importing"), so this does its work.
    """
    pending = deployment.get("pending_operations") or []
    adopted = [
        {**resource, "id": found[resource["urn"]], "outputs": resource.get("inputs") or {}}
        for operation in pending
        for resource in (operation["resource"],)
        if operation["type"] == CREATING and resource["urn"] in found
    ]
    # an adopted replacement leaves its predecessor to be deleted, as the engine would have
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
    """URN -> id of the resources that the begun creations with these URNs were to replace."""
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
    out not to exist: deleting it first would take away what is still in use."""
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
