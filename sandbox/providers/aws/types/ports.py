"""Ports: on one machine every server needs its own port."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.wire import Properties


class ConfiguredPort(AwsResourceType):
    """`port` is the port that clients connect to; `configuredPort`, which the real provider does
    not have, is the one the program set."""

    def actual(self, name: str, state: Properties) -> Any:
        return super().actual("configuredPort" if name == "port" else name, state)
