"""The tables of the postgresql, random and tls providers against the SDKs that programs use."""

from __future__ import annotations

import importlib
import inspect
import warnings
from functools import cache
from typing import Any

import pytest

from sandbox.providers.postgresql.__main__ import PROVIDER as POSTGRESQL
from sandbox.providers.postgresql.server import configure
from sandbox.providers.random.__main__ import PROVIDER as RANDOM
from sandbox.providers.resource_type import ResourceType
from sandbox.providers.tls.__main__ import PROVIDER as TLS

RESOURCE_TYPES = {**POSTGRESQL.resource_types, **RANDOM.resource_types, **TLS.resource_types}
ABSENT = {
    "postgresql:index/role:Role": {"encrypted", "passwordWo", "passwordWoVersion"},
    "postgresql:index/grant:Grant": {"columns"},
    "postgresql:index/schema:Schema": {"policies"},
    "random:index/randomPassword:RandomPassword": {"number", "bcryptHash"},
    "random:index/randomString:RandomString": {"number"},
    "tls:index/certRequest:CertRequest": {"privateKeyPemWo", "privateKeyPemWoVersion"},
    "tls:index/selfSignedCert:SelfSignedCert": {"privateKeyPemWo", "privateKeyPemWoVersion"},
    "tls:index/locallySignedCert:LocallySignedCert": {
        "caPrivateKeyPemWo",
        "caPrivateKeyPemWoVersion",
    },
}
"""Deprecated, write-only, without a library or a use here: the check refuses them as unknown."""


@cache
def sdk(package: str) -> Any:
    with warnings.catch_warnings():
        # pulumi_postgresql warns of a type of its own as soon as it is imported
        warnings.simplefilter("ignore", DeprecationWarning)
        return importlib.import_module(f"pulumi_{package}")


def camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def parameters(arguments: Any) -> set[str]:
    return {camel(name) for name in inspect.signature(arguments).parameters}


@pytest.mark.parametrize("token", sorted(RESOURCE_TYPES))
def test_a_type_has_the_sdks_properties_and_no_others(token: str) -> None:
    resource_type: ResourceType[Any] = RESOURCE_TYPES[token]
    package, _, name = token.split(":")
    resource = getattr(sdk(package), name)
    absent = ABSENT.get(token, set())
    inputs = parameters(getattr(sdk(package), f"{name}Args"))
    assert resource_type.inputs == inputs - absent
    everything = {
        camel(key) for key, value in vars(resource).items() if isinstance(value, property)
    }
    assert resource_type.properties.keys() == everything - absent


def test_the_configuration_keys_that_are_known_are_the_sdks() -> None:
    provider = parameters(sdk("postgresql").ProviderArgs)
    with pytest.raises(ValueError, match="not known") as error:
        configure({"nothing": 1})
    known = set(str(error.value).rpartition("knows ")[2].split(", "))
    assert known - provider == {"version"}
