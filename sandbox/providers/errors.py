"""Errors that a provider reports to the engine: one sentence, without any secret value."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NoReturn

import grpc
from google.protobuf import any_pb2, struct_pb2
from google.rpc import status_pb2
from pulumi.runtime.proto import provider_pb2

from sandbox.providers import wire
from sandbox.providers.resource_type import NotFound
from sandbox.providers.wire import Properties


class AbortOnError:
    """Turns an exception into the engine's error, with every secret value removed."""

    def __init__(self, abort: Callable[[Exception], NoReturn]) -> None:
        self._abort = abort

    def __enter__(self) -> None:
        return None

    def __exit__(self, error_type: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, Exception):
            self._abort(error)


def sentence(error: Exception) -> str:
    if isinstance(error, NotFound):
        return f"{str(error) or 'it no longer exists'}: a refresh removes it from the state"
    return str(error).strip() or type(error).__name__


def scrubbed(
    message: str, properties: Properties, secrets: Collection[str], more: Collection[str]
) -> str:
    values = wire.strings_in([properties[key] for key in secrets if key in properties])
    for value in sorted(values | set(more), key=len, reverse=True):
        if len(value) >= 4:
            message = message.replace(value, "[secret]")
    return message


def abort_unfinished(
    context: grpc.ServicerContext, resource_id: str, properties: struct_pb2.Struct, reason: str
) -> NoReturn:
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=resource_id, properties=properties, reasons=[reason]
        )
    )
    status = status_pb2.Status(
        code=grpc.StatusCode.UNKNOWN.value[0], message=reason, details=[detail]
    )
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    raise context.abort(grpc.StatusCode.UNKNOWN, reason)
