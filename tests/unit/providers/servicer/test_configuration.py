"""Configuration, types and functions of the servicer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from sandbox.providers import wire
from sandbox.providers.wire import Properties
from tests.sandbox.providers.engine_client import Engine, ProviderError, engine, urn
from tests.unit.providers.toy_provider import PROVIDER, TOKEN, Cloud


def test_a_faulty_configuration_is_an_error_of_the_first_resource() -> None:
    with (
        engine(PROVIDER) as speaking,
        pytest.raises(ProviderError, match=r"^checking .* it: the toy provider needs a directory$"),
    ):
        speaking.check(TOKEN, {"name": "a"})


def test_configuration_arrives_as_values(tmp_path: Path) -> None:
    seen: list[Properties] = []

    def configure(config: Properties) -> Cloud:
        seen.append(config)
        return Cloud(tmp_path)

    with engine(replace(PROVIDER, configure=configure), a='{"b": [1]}', c="true", d="{x") as toy:
        toy.check(TOKEN, {"name": "a"})
        toy.check(TOKEN, {"name": "b"})
    assert seen == [{"a": {"b": [1]}, "c": True, "d": "{x"}]


def test_a_type_that_the_table_lacks_is_an_error_that_names_it(toy: Engine) -> None:
    with pytest.raises(ProviderError, match="toy provider does not know the type toy:index:Other"):
        toy.check("toy:index:Other", {})


def test_the_type_of_a_child_is_the_last_of_its_urns_types(toy: Engine) -> None:
    answer = toy.stub.Check(
        provider_pb2.CheckRequest(
            urn=urn(f"toy:index:Parent${TOKEN}", "part::of"), randomSeed=b"\x01\x02\x03\x04"
        )
    )
    assert wire.loads(answer.inputs)[0]["name"] == "part::of-0102030"


def test_functions_are_called_with_plain_values_and_unknown_ones_are_named(cloud: Cloud) -> None:
    def double(session: Cloud, arguments: Properties) -> Properties:
        return {"value": 2 * arguments["value"]}

    provider = replace(
        PROVIDER, configure=lambda config: cloud, functions={"toy:index:double": double}
    )
    with engine(provider) as speaking:
        assert speaking.invoke("toy:index:double", value=4) == {"value": 8}
        with pytest.raises(ProviderError, match="no function toy:index:halve"):
            speaking.invoke("toy:index:halve", value=4)


def test_the_session_is_scoped_by_the_resource_and_inputs_get_the_providers_defaults(
    tmp_path: Path,
) -> None:
    for zone in ("east", "west"):
        (tmp_path / zone).mkdir()
    provider = replace(
        PROVIDER,
        configure=lambda config: Cloud(tmp_path),
        scope=lambda session, properties: Cloud(session.directory / properties["zone"]),
        default_inputs=lambda session, resource_type, inputs: {"zone": "east", **inputs},
    )
    with engine(provider) as speaking:
        speaking.create(TOKEN, {"name": "a"})
        speaking.create(TOKEN, {"name": "b", "zone": "west"})
    assert Cloud(tmp_path / "east").names() == ["a"]
    assert Cloud(tmp_path / "west").names() == ["b"]


def test_the_provider_reports_its_version_and_takes_secrets_and_previews(toy: Engine) -> None:
    assert toy.stub.GetPluginInfo(empty_pb2.Empty()).version == "1.2.3"
    answer = toy.stub.Configure(provider_pb2.ConfigureRequest())
    assert (answer.acceptSecrets, answer.supportsPreview) == (True, True)


def test_a_changed_configuration_is_an_update_of_the_provider(toy: Engine) -> None:
    old, new = (wire.dumps({"host": host}) for host in ("a", "b"))
    some, none = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
    for news, wanted in ((new, some), (old, none)):
        answer = toy.stub.DiffConfig(provider_pb2.DiffRequest(olds=old, news=news))
        assert answer.changes == wanted
        assert not answer.replaces
