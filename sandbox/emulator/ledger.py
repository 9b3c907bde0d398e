"""The ledger: properties of resources that the aws plugin stores because moto doesn't.

It is kept in the memory of the emulator's process, and on disk only in a snapshot.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from werkzeug.wrappers import Request, Response

Entry = dict[str, Any]


class Key(NamedTuple):
    """One resource: the provider's region, its Pulumi type token, its provider id."""

    region: str
    token: str
    id: str


class Ledger:
    """A thread-safe map from key to JSON object."""

    def __init__(self, entries: Mapping[Key, Entry] | None = None) -> None:
        self._entries: dict[Key, Entry] = dict(entries or {})
        self._lock = threading.Lock()

    def put(self, key: Key, entry: Entry) -> None:
        with self._lock:
            self._entries[key] = entry

    def get(self, key: Key) -> Entry | None:
        with self._lock:
            return self._entries.get(key)

    def delete(self, key: Key) -> bool:
        """Deletes an entry; whether it existed."""
        with self._lock:
            return self._entries.pop(key, None) is not None

    def listing(self) -> list[Key]:
        with self._lock:
            return sorted(self._entries)

    def entries(self) -> dict[Key, Entry]:
        with self._lock:
            return dict(self._entries)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


def respond(ledger: Ledger, request: Request) -> Response:
    """PUT, GET or DELETE of one entry; GET without a key lists the keys."""
    given = [request.args.get(name) for name in Key._fields]
    if request.method == "GET" and not request.args:
        return _json([key._asdict() for key in ledger.listing()])
    if not all(given):
        return _error(HTTPStatus.BAD_REQUEST, "a ledger key is region, token and id")
    key = Key(*(str(part) for part in given))
    if request.method == "PUT":
        return _put(ledger, key, request)
    if request.method == "DELETE":
        return Response(status=204) if ledger.delete(key) else _missing(key)
    if request.method == "GET":
        entry = ledger.get(key)
        return _missing(key) if entry is None else _json(entry)
    return _error(HTTPStatus.METHOD_NOT_ALLOWED, "a ledger entry takes GET, PUT and DELETE")


def _put(ledger: Ledger, key: Key, request: Request) -> Response:
    try:
        entry = json.loads(request.get_data())
    except ValueError:
        entry = None
    if not isinstance(entry, dict):
        return _error(HTTPStatus.BAD_REQUEST, "a ledger entry is a JSON object")
    ledger.put(key, entry)
    return Response(status=HTTPStatus.NO_CONTENT)


def _missing(key: Key) -> Response:
    return _error(HTTPStatus.NOT_FOUND, f"no entry for {key.token} {key.id} in {key.region}")


def _json(value: object, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(json.dumps(value), status=status, content_type="application/json")


def _error(status: HTTPStatus, message: str) -> Response:
    return _json({"error": message}, status)
