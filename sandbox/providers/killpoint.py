"""The kill hook: ends a run after the API answered and before the engine recorded it.

A test sets NEXUSDB_KILL_AT to `operation:token` (operation: create, update or delete), or to
`operation:token:name` for one resource. When that point is reached, the run's own process, the CLI
and this provider are killed with SIGKILL, in that order.
"""

from __future__ import annotations

import os
import signal

KILL_AT = "NEXUSDB_KILL_AT"
RUN_PID = "NEXUSDB_RUN_PID"
"""Set by the engine to the process id of the run that it belongs to."""


def reached(operation: str, token: str, name: str) -> None:
    """Kills the run if the environment asks for it at this point."""
    wanted = os.environ.get(KILL_AT)
    if wanted not in (f"{operation}:{token}", f"{operation}:{token}:{name}"):
        return
    run = os.environ.get(RUN_PID)
    if run:
        os.kill(int(run), signal.SIGKILL)
    os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
