"""The emulator's process, one per environment: `python -m sandbox.emulator DIRECTORY [SNAPSHOT]`.

With a snapshot it starts from its contents, on the same ports.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType, TracebackType

from sandbox.paths import SandboxPaths

# moto reads these when it is imported.
os.environ["MOTO_ACCOUNT_ID"] = "123456789012"  # the account of AWS's own examples
os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"

from werkzeug.serving import make_server

from sandbox.emulator import snapshot
from sandbox.emulator.application import Application, RequestHandler
from sandbox.emulator.ledger import Ledger
from sandbox.emulator.rds.servers import DataPlane


class _QuietFormatter(logging.Formatter):
    """Omits the messages of exceptions, which may quote a request with secrets."""

    def formatException(  # noqa: N802 - logging's name
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        return f"{ei[0].__name__}" if ei[0] else ""


def main(paths: SandboxPaths, saved: Path | None = None) -> None:
    """Serves until SIGTERM or SIGINT, then ends the servers and removes the record."""
    _log_to_stderr()
    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)

    image = snapshot.load(saved) if saved else None
    plane = DataPlane(paths, image.authority if image else None)
    if image and saved:
        snapshot.restore(image, saved, plane)
    server = make_server(
        "127.0.0.1",
        image.port if image else 0,
        Application(paths, plane, Ledger(image.ledger if image else None)),
        threaded=True,
        request_handler=RequestHandler,
    )
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    write_record(paths, endpoint)
    logging.info("serving %s at %s", paths.environment, endpoint)
    try:
        ended.wait()
    finally:
        logging.info("ending")
        paths.emulator_record.unlink(missing_ok=True)
        server.shutdown()
        plane.close()


def write_record(paths: SandboxPaths, endpoint: str) -> None:
    """Writes the emulator's pid and endpoint, atomically, once it accepts requests."""
    partial = paths.emulator_record.with_suffix(".partial")
    partial.write_text(json.dumps({"pid": os.getpid(), "endpoint": endpoint}) + "\n")
    partial.replace(paths.emulator_record)


def _log_to_stderr() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_QuietFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def _paths(directory: Path) -> SandboxPaths:
    return SandboxPaths(environment=directory.name, project_root=directory.parent.parent)


if __name__ == "__main__":
    main(_paths(Path(sys.argv[1])), *map(Path, sys.argv[2:]))
