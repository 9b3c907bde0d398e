"""The emulator's WSGI application: the sandbox's own routes in front of moto's server."""

from __future__ import annotations

import json
import logging
import os
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.wrappers import Request, Response

from sandbox.emulator import patches, snapshot
from sandbox.emulator.ledger import Ledger, respond
from sandbox.emulator.rds.servers import DataPlane
from sandbox.paths import SandboxPaths
from sandbox.servers.pgbouncer.server import PgBouncerError
from sandbox.servers.postgres.server import PostgresServerError
from sandbox.servers.redis.server import RedisServerError

log = logging.getLogger("sandbox.emulator")

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


class Application:
    """Serves /_sandbox/… itself and passes all other requests to the patched moto."""

    def __init__(self, paths: SandboxPaths, plane: DataPlane, ledger: Ledger) -> None:
        self._paths = paths
        self._plane = plane
        self._ledger = ledger
        self._moto = DomainDispatcherApplication(self._service)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        if request.path.startswith("/_sandbox/"):
            return self._own(request)(environ, start_response)
        if request.path == "/moto-api/reset":
            self._plane.pgbouncer.stop_all()
            self._plane.destroy_all()
            self._plane.redis.destroy_all()
            self._ledger.clear()
        try:
            answer: Iterable[bytes] = self._moto(environ, start_response)
        except Exception as error:  # noqa: BLE001 - moto raises any exception for what it lacks
            # without the message, which may quote a request with passwords
            frames = "".join(traceback.format_tb(error.__traceback__)[-3:])
            log.error("%s while answering\n%s", type(error).__name__, frames.rstrip())  # noqa: TRY400
            return _failure(request, error)(environ, start_response)
        return answer

    def _service(self, service: Any) -> Any:
        """Patches a service at its first request, when moto imports it."""
        patches.apply(service, self._plane)
        return create_backend_app(service)

    def _own(self, request: Request) -> Response:
        match request.path.removeprefix("/_sandbox/"):
            case "health":
                value: object = {
                    "environment": self._paths.environment,
                    "pid": os.getpid(),
                    "dead_servers": self._plane.dead(),
                }
            case "servers":
                value = self._plane.listing()
            case "resume" if request.method == "POST":
                return self._resume()
            case "ledger":
                return respond(self._ledger, request)
            case "snapshot" if request.method == "POST":
                directory = Path(json.loads(request.get_data())["directory"])
                snapshot.save(
                    directory, int(request.environ["SERVER_PORT"]), self._plane, self._ledger
                )
                return Response(status=204)
            case _:
                return Response("The sandbox has no such route.\n", status=404)
        return Response(json.dumps(value), content_type="application/json")

    def _resume(self) -> Response:
        """Restarts dead servers; answers 503 with the reason if one doesn't start."""
        try:
            value: object = self._plane.resume_dead()
        except (PostgresServerError, RedisServerError, PgBouncerError) as error:
            return Response(str(error), status=503)
        return Response(json.dumps(value), content_type="application/json")


class RequestHandler(MotoRequestHandler):  # type: ignore[misc]
    """Logs method, path and status only: query strings and bodies may carry secrets."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        del size
        log.info("%s %s %s %s", self.command, self.path.split("?")[0], self._service(), code)

    def log_message(self, format: str, *args: Any) -> None:
        del args
        log.warning("%s", format.split("%")[0].strip())

    def _service(self) -> str:
        """The operation in the JSON protocols, else the service and region of the signature."""
        target = self.headers.get("X-Amz-Target", "")
        scope = self.headers.get("Authorization", "").partition("Credential=")[2].split("/")
        return target or (f"{scope[3]} in {scope[2]}" if len(scope) > 3 else "-")


def _failure(request: Request, error: Exception) -> Response:
    """The error in the request's protocol, so that boto3 reports it like an error of AWS.

    The status is 501, because clients retry a 500 several times.
    """
    lacking = isinstance(error, NotImplementedError)
    code = "NotImplemented" if lacking else "InternalFailure"
    message = (
        "The emulator does not support this call."
        if lacking
        else f"The emulator failed ({type(error).__name__}); its log says where."
    )
    if "json" in (request.content_type or ""):
        return Response(
            json.dumps({"__type": code, "message": message}),
            status=501,
            content_type="application/json",
        )
    body = (
        f"<ErrorResponse><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        "<RequestId>sandbox</RequestId></ErrorResponse>"
    )
    return Response(body, status=501, content_type="text/xml")
