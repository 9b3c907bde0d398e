"""Secrets and the ledger in the servicer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pulumi.runtime.proto import provider_pb2

from sandbox.providers import wire
from tests.sandbox.providers.engine_client import Engine, Live, ProviderError, engine, urn
from tests.unit.providers.servicer.requests import PASSWORD, create_request, unfinished
from tests.unit.providers.toy_provider import PROVIDER, TOKEN, Cloud, MemoryLedger

# -- secrets and the ledger --------------------------------------------------------------------


def test_a_secret_property_is_marked_even_when_the_program_did_not(toy: Engine) -> None:
    live = toy.create(TOKEN, {"name": "a", "password": PASSWORD})
    assert live.secrets == {"password", "key"}
    seen = toy.read(live)
    assert seen is not None
    assert seen.secrets == {"password", "key"}


def test_what_the_program_marked_stays_secret_from_check_to_read(toy: Engine) -> None:
    checked = toy.stub.Check(
        provider_pb2.CheckRequest(
            urn=urn(TOKEN, "it"), news=wire.dumps({"name": "a", "note": "n"}, {"note"})
        )
    ).inputs
    assert "note" in wire.loads(checked)[1]
    created = toy.stub.Create(provider_pb2.CreateRequest(urn=urn(TOKEN, "it"), properties=checked))
    assert "note" in wire.loads(created.properties)[1]
    read = toy.stub.Read(
        provider_pb2.ReadRequest(
            id="a", urn=urn(TOKEN, "it"), properties=created.properties, inputs=checked
        )
    )
    assert "note" in wire.loads(read.properties)[1]
    assert "note" in wire.loads(read.inputs)[1]


def test_the_ledger_holds_what_was_made_without_its_secrets(
    toy: Engine, ledger: MemoryLedger
) -> None:
    toy.create(TOKEN, {"name": "a", "password": PASSWORD})
    assert ledger.entries[TOKEN, "a"].keys() == {"name", "size", "zone", "note", "address"}


def test_the_ledger_knows_of_a_resource_before_it_is_ready(
    toy: Engine, ledger: MemoryLedger
) -> None:
    unfinished(toy, "Create", create_request(toy, {"name": "a", "fails": "wait_until_ready"}))
    assert (TOKEN, "a") in ledger.entries


def test_an_import_by_id_finds_in_the_ledger_what_the_service_does_not_tell(
    toy: Engine, ledger: MemoryLedger
) -> None:
    toy.create(TOKEN, {"name": "a"})
    ledger.entries[TOKEN, "a"]["fails"] = "never"
    found = toy.read(Live(TOKEN, "a", {}, {}))
    assert found is not None
    assert found.inputs["fails"] == "never"


# -- the provider ------------------------------------------------------------------------------


def test_a_secret_of_the_configuration_is_struck_out_of_errors(cloud: Cloud) -> None:
    with engine(replace(PROVIDER, configure=lambda config: cloud)) as speaking:
        speaking.stub.Configure(
            provider_pb2.ConfigureRequest(args=wire.dumps({"token": PASSWORD}, {"token"}))
        )
        with pytest.raises(ProviderError, match=r"no create with \[secret\]"):
            # as a property it is no secret here: only the configuration knows
            speaking.create(TOKEN, {"name": PASSWORD, "fails": "create", "password": PASSWORD})
