"""Ports: on one machine every server needs a port of its own."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.wire import Properties


class ConfiguredPort(AwsResourceType):
    """`port` is the one that clients connect to, and `configuredPort`, which the real provider
    does not have, the one that the program asked for."""

    def actual(self, name: str, state: Properties) -> Any:
        return super().actual("configuredPort" if name == "port" else name, state)
