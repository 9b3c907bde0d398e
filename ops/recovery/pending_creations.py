"""Takes up the creations that a killed run had begun and not recorded.

What exists is adopted, never deleted; what doesn't is cleared and made by the next `up`. Works on
the state that `pulumi stack export --show-secrets` prints, and knows nothing of the sandbox.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from botocore.exceptions import BotoCoreError, ClientError

from engine.wire_format import SIGNATURE
from ops.recovery import lookup, request

CREATING = "creating"
NOT_IN_A_CLOUD = ("random:", "tls:", "pulumi:", "pulumi-python:")
"""Packages whose resources exist in the state alone: a creation that isn't recorded isn't."""
MADE_AGAIN = tuple(
    f"postgresql:index/{kind}:"
    for kind in ("schema", "extension", "grant", "defaultPrivileges", "grantRole")
)
"""Types whose creation repeats without harm: IF NOT EXISTS, or a right that is there already."""


class RecoveryError(Exception):
    """What a killed run left can't be told apart without a person."""


@dataclass(frozen=True)
class PendingCreation:
    """A creation that the engine had begun and never recorded as done."""

    urn: str
    type: str
    inputs: Mapping[str, Any]
    provider: Mapping[str, Any]
    """The settings of its provider."""
    component: bool = False
    """Whether it only groups others: such a resource exists in the state alone."""

    @property
    def name(self) -> str:
        return self.urn.rsplit("::", 1)[-1]


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
    """Type -> the ids that the state knows already; those aren't a pending creation's result."""
    known: dict[str, set[str]] = {}
    for resource in deployment.get("resources") or ():
        if resource.get("id"):
            known.setdefault(resource["type"], set()).add(resource["id"])
    return known


def locate(deployment: Mapping[str, Any], default_region: str) -> dict[str, str]:
    """URN -> id of each pending creation whose resource exists."""
    known = recorded_ids(deployment)
    found: dict[str, str] = {}
    for creation in pending_creations(deployment):
        candidates = set(_candidates(creation, default_region)) - known.get(creation.type, set())
        if len(candidates) > 1:
            raise RecoveryError(
                f"{creation.urn} was being created when its run was killed, and any of these could "
                f"be it: {', '.join(sorted(candidates))}. Delete those that nothing uses, then run "
                "this again"
            )
        if candidates:
            found[creation.urn] = candidates.pop()
    return found


def settled(deployment: Mapping[str, Any], found: Mapping[str, str]) -> dict[str, Any]:
    """The state with every begun creation either recorded under its id or forgotten.

    It is for `pulumi stack import`; a refresh then reads what was adopted. The CLI's own
    `refresh --import-pending-creates` of 3.259 drops the creations instead of recording them
    (its engine acts on no pending operation of type "importing"), so this does its work.
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
    kept = [
        {**resource, "delete": True} if resource["urn"] in replaced else resource
        for resource in deployment.get("resources") or ()
    ]
    return {
        **deployment,
        "resources": [*kept, *adopted],
        "pending_operations": [each for each in pending if each["type"] != CREATING],
    }


def revealed(value: Any) -> Any:
    """A property value of an export with shown secrets, without their wrapping."""
    if isinstance(value, Mapping):
        if SIGNATURE in value and "plaintext" in value:
            return json.loads(value["plaintext"])
        return {name: revealed(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [revealed(item) for item in value]
    return value


def _candidates(creation: PendingCreation, default_region: str) -> Iterator[str]:
    if creation.component or creation.type.startswith(NOT_IN_A_CLOUD + MADE_AGAIN):
        return
    if creation.type not in lookup.FINDERS:
        raise RecoveryError(
            f"{creation.urn} was being created when its run was killed, and ops/recovery/lookup.py can't "
            f"look up the type {creation.type}: delete it if it exists, then forget the creation "
            "with pulumi refresh --clear-pending-creates"
        )
    inputs, provider = creation.inputs, creation.provider
    region = inputs.get("region") or provider.get("region") or default_region
    try:
        yield from lookup.find(creation.type, request.Place(str(region), provider), inputs)
    except (BotoCoreError, ClientError, psycopg.OperationalError) as error:
        reason = str(error).strip().splitlines()[0]
        raise RecoveryError(f"whether {creation.urn} exists can't be asked: {reason}") from None
