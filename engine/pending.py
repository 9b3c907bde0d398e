"""Takes up the operations that a killed run had begun, before the next one goes on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from engine.errors import SandboxError
from engine.result import Operation
from engine.stack import ProjectStack
from ops.recovery import pending_creations

Say = Callable[[str], None]


def take_up(
    stack: ProjectStack, operation: Operation, region: str, say: Say, *, may_write: bool
) -> list[str]:
    """Adopts what exists and clears what doesn't; returns notes for the result."""
    if not pending_creations.has_pending_operations(stack.deployment()):
        return []
    label = stack.project.label
    if not may_write:
        return [
            f"{label}: a killed run left operations unrecorded; this {operation.value} doesn't "
            "know of them, `nexusdb sandbox up` takes them up"
        ]
    say(f"{label}: a killed run left operations unrecorded")
    deployment = stack.revealed_deployment()
    try:
        found = pending_creations.locate(deployment, region)
    except pending_creations.RecoveryError as error:
        raise SandboxError(str(error)) from None
    for creation in pending_creations.pending_creations(deployment):
        identifier = found.get(creation.urn)
        fate = f"exists as {identifier}: adopted" if identifier else "was not made"
        say(f"  {creation.type}  {creation.name} {fate}")
    stack.replace_state(partial(pending_creations.settled, found=found))
    if operation is Operation.DESTROY:  # the others begin with a refresh
        stack.command("refresh", "--yes", "--skip-preview")
    return []
