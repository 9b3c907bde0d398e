"""Runs a provider as the process that Pulumi's engine starts."""

from __future__ import annotations

import gc
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from sandbox.providers.provider import Provider
from sandbox.providers.servicer import Servicer

_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
_PARALLEL_CALLS = 32


def serve(provider: Provider[Any]) -> None:
    """Serves until the engine ends the process. The first line printed is the port."""
    server = grpc.server(ThreadPoolExecutor(_PARALLEL_CALLS), options=_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(provider), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    gc.freeze()  # imported modules are never garbage: don't scan them
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    server.stop(grace=None)
