"""Speaks to a provider as Pulumi's engine does: check, diff, create, read, update, delete."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import grpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from sandbox.providers import wire
from sandbox.providers.provider import Provider
from sandbox.providers.servicer import Servicer
from sandbox.providers.wire import Properties


@dataclass
class Live:
    """A resource as the engine keeps it between two calls."""

    token: str
    id: str
    inputs: Properties
    state: Properties
    secrets: set[str] = field(default_factory=set)


class Make(Protocol):
    """Creates a resource of an estate under a short name."""

    def __call__(self, name: str, token: str, /, **inputs: Any) -> Live: ...


class ProviderError(Exception):
    """What the provider answered instead of a result."""


class _Stub:
    """A stub whose errors are one sentence long."""

    def __init__(self, stub: Any) -> None:
        self._stub = stub

    def __getattr__(self, name: str) -> Any:
        def call(request: Any) -> Any:
            try:
                return getattr(self._stub, name)(request)
            except grpc.RpcError as error:
                raise ProviderError(cast(grpc.Call, error).details()) from None

        return call


class Engine:
    """The provider protocol with plain properties on this side."""

    def __init__(self, stub: Any) -> None:
        self.stub = _Stub(stub)

    def configure(self, **config: Any) -> None:
        self.stub.Configure(
            provider_pb2.ConfigureRequest(args=wire.dumps(config), acceptSecrets=True)
        )

    def check(
        self, token: str, inputs: Properties, name: str = "it", old: Properties | None = None
    ) -> tuple[Properties, dict[str, str]]:
        """The checked inputs, and the failures by property."""
        answer = self.stub.Check(
            provider_pb2.CheckRequest(
                urn=urn(token, name),
                news=wire.dumps(inputs),
                olds=wire.dumps(old or {}),
                randomSeed=b"\x01\x02\x03\x04\x05",
            )
        )
        failures = {failure.property: failure.reason for failure in answer.failures}
        return wire.loads(answer.inputs)[0], failures

    def create(self, token: str, inputs: Properties, name: str = "it") -> Live:
        checked, failures = self.check(token, inputs, name)
        assert not failures, failures
        answer = self.stub.Create(
            provider_pb2.CreateRequest(urn=urn(token, name), properties=wire.dumps(checked))
        )
        state, secrets = wire.loads(answer.properties)
        return Live(token, answer.id, checked, state, secrets)

    def preview_create(self, token: str, inputs: Properties, name: str = "it") -> Properties:
        checked, failures = self.check(token, inputs, name)
        assert not failures, failures
        request = provider_pb2.CreateRequest(
            urn=urn(token, name), properties=wire.dumps(checked), preview=True
        )
        return wire.loads(self.stub.Create(request).properties)[0]

    def diff(self, live: Live, inputs: Properties) -> tuple[set[str], set[str]]:
        """The changed paths, and those that force a replacement."""
        checked, failures = self.check(live.token, inputs, old=live.inputs)
        assert not failures, failures
        answer = self.stub.Diff(
            provider_pb2.DiffRequest(
                id=live.id,
                urn=urn(live.token, "it"),
                olds=wire.dumps(live.state),
                news=wire.dumps(checked),
                old_inputs=wire.dumps(live.inputs),
            )
        )
        return set(answer.detailedDiff), set(answer.replaces)

    def read(self, live: Live) -> Live | None:
        answer = self.stub.Read(
            provider_pb2.ReadRequest(
                id=live.id,
                urn=urn(live.token, "it"),
                properties=wire.dumps(live.state),
                inputs=wire.dumps(live.inputs),
            )
        )
        if not answer.id:
            return None
        state, secrets = wire.loads(answer.properties)
        return Live(live.token, answer.id, wire.loads(answer.inputs)[0], state, secrets)

    def drift(self, live: Live) -> set[str] | None:
        """The paths that a refresh would report; None when the resource is gone."""
        now = self.read(live)
        return None if now is None else self.diff(now, live.inputs)[0]

    def update(self, live: Live, inputs: Properties) -> Live:
        checked, failures = self.check(live.token, inputs, old=live.inputs)
        assert not failures, failures
        answer = self.stub.Update(
            provider_pb2.UpdateRequest(
                id=live.id,
                urn=urn(live.token, "it"),
                olds=wire.dumps(live.state),
                news=wire.dumps(checked),
                old_inputs=wire.dumps(live.inputs),
            )
        )
        state, secrets = wire.loads(answer.properties)
        return Live(live.token, live.id, checked, state, secrets)

    def delete(self, live: Live) -> None:
        self.stub.Delete(
            provider_pb2.DeleteRequest(
                id=live.id, urn=urn(live.token, "it"), properties=wire.dumps(live.state)
            )
        )

    def invoke(self, token: str, **arguments: Any) -> Properties:
        request = provider_pb2.InvokeRequest(tok=token, args=wire.dumps(arguments))
        return wire.loads(getattr(self.stub.Invoke(request), "return"))[0]


def urn(token: str, name: str) -> str:
    return f"urn:pulumi:test::test::{token}::{name}"


@contextmanager
def engine(provider: Provider[Any], **config: Any) -> Iterator[Engine]:
    """A provider served over a real channel and configured."""
    server = grpc.server(ThreadPoolExecutor(8))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(provider), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            speaking = Engine(provider_pb2_grpc.ResourceProviderStub(channel))
            speaking.configure(**config)
            yield speaking
    finally:
        server.stop(grace=None).wait()
