"""The estate without an emulator: inputs checked by the real servicer, nothing created."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from sandbox.providers.aws.__main__ import PROVIDER
from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.aws.session import Aws, Connection
from sandbox.providers.servicer import Servicer
from sandbox.providers.wire import Properties
from tests.estate.resources import estate
from tests.sandbox.providers.engine_client import Engine, Live

ACCOUNT = "123456789012"


class _InProcess:
    """The servicer's methods as a stub has them, without a channel between."""

    def __init__(self, servicer: Servicer[Any]) -> None:
        self._servicer = servicer

    def __getattr__(self, method: str) -> Any:
        return lambda request: getattr(self._servicer, method)(request, None)


class Paper(Engine):
    """An engine whose resources exist as soon as their inputs are right."""

    def __init__(self) -> None:
        aws = Aws(Connection("", ACCOUNT), "us-east-1", {})
        super().__init__(_InProcess(Servicer(replace(PROVIDER, configure=lambda config: aws))))

    def create(self, token: str, inputs: Properties, name: str = "it") -> Live:
        resource_type = cast(AwsResourceType, PROVIDER.resource_types[token])
        checked, failures = self.check(token, inputs, name)
        assert not failures, (name, failures)
        region = "us-east-1" if resource_type.regional else ""
        arn = f"arn:aws:{resource_type.service}:{region}:{ACCOUNT}:{_noun(token)}/{name}"
        outputs = {
            key: f"{name}-{key}" for key, prop in resource_type.properties.items() if prop.output
        }
        known = {"arn": arn, "configuredPort": checked.get("port"), "engineVersionActual": "7.1.0"}
        known = {key: value for key, value in known.items() if key in outputs}
        named = str(checked[resource_type.named_by]) if resource_type.named_by else arn
        return Live(token, named, checked, {**outputs, **known, **checked})


def _noun(token: str) -> str:
    """aws:kms/key:Key -> key"""
    return token.split(":")[1].partition("/")[2]


def fake_provider() -> tuple[Engine, dict[str, Live]]:
    engine = Paper()
    return engine, estate.build(engine, "estate")
