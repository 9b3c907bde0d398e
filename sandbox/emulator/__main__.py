"""The emulator's process: `python -m sandbox.emulator DIRECTORY`, one per environment."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType, TracebackType

from sandbox.paths import ACCOUNT_ID, Home

# moto reads these when it is imported.
os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT_ID
os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"

from werkzeug.serving import make_server

from sandbox.emulator.application import Application, RequestHandler
from sandbox.emulator.rds.servers import DataPlane


class _QuietFormatter(logging.Formatter):
    """Leaves out the messages of exceptions, which may quote a request and its secrets."""

    def formatException(  # noqa: N802 - logging's name
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        return f"{ei[0].__name__}" if ei[0] else ""


def main(home: Home) -> None:
    """Serves until SIGTERM or SIGINT, then ends the servers and removes the record."""
    _log_to_stderr()
    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)

    plane = DataPlane(home)
    server = make_server(
        "127.0.0.1", 0, Application(home, plane), threaded=True, request_handler=RequestHandler
    )
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    write_record(home, endpoint)
    logging.info("serving %s at %s", home.environment, endpoint)
    try:
        ended.wait()
    finally:
        logging.info("ending")
        home.emulator_record.unlink(missing_ok=True)
        server.shutdown()
        plane.close()


def write_record(home: Home, endpoint: str) -> None:
    """Tells where the emulator is; the file appears whole, and only when it answers."""
    partial = home.emulator_record.with_suffix(".partial")
    partial.write_text(json.dumps({"pid": os.getpid(), "endpoint": endpoint}) + "\n")
    partial.replace(home.emulator_record)


def _log_to_stderr() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_QuietFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def _home(directory: Path) -> Home:
    return Home(environment=directory.name, project_root=directory.parent.parent)


if __name__ == "__main__":
    main(_home(Path(sys.argv[1])))
