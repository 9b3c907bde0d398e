"""Requests to the servicer."""

from __future__ import annotations

from typing import Any, cast

import grpc
import pytest
from google.rpc import status_pb2
from pulumi.runtime.proto import provider_pb2

from sandbox.providers import wire
from sandbox.providers.wire import Properties
from tests.sandbox.providers.engine_client import Engine, Live, urn
from tests.unit.providers.toy_provider import TOKEN

PASSWORD = "planted-secret"


def unfinished(toy: Engine, method: str, request: Any) -> tuple[str, Live]:
    """The reason, and the resource, of an answer that says: it exists, but is not ready."""
    with pytest.raises(grpc.RpcError) as raised:
        getattr(toy.stub._stub, method)(request)
    metadata = dict(cast(grpc.Call, raised.value).trailing_metadata() or ())
    status = status_pb2.Status.FromString(cast(bytes, metadata["grpc-status-details-bin"]))
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    assert status.message == detail.reasons[0]
    state, secrets = wire.loads(detail.properties)
    return detail.reasons[0], Live(TOKEN, detail.id, {}, state, secrets)


def create_request(toy: Engine, inputs: Properties) -> provider_pb2.CreateRequest:
    checked, failures = toy.check(TOKEN, inputs)
    assert not failures
    return provider_pb2.CreateRequest(urn=urn(TOKEN, "it"), properties=wire.dumps(checked))
