"""The resource provider protocol over a real channel; the provider's cloud is a directory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import grpc
import pytest
from google.protobuf import empty_pb2
from google.rpc import status_pb2
from pulumi.runtime.proto import provider_pb2

from sandbox.providers import wire
from sandbox.providers.resource_type import Property
from sandbox.providers.wire import UNKNOWN, Properties
from tests.sandbox.providers.engine_client import Engine, Live, ProviderError, engine, urn
from tests.unit.providers.toy_provider import PROVIDER, TOKEN, Cloud, MemoryLedger, Thing

PASSWORD = "planted-secret"


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return Cloud(tmp_path)


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


@pytest.fixture
def toy(cloud: Cloud, ledger: MemoryLedger) -> Iterator[Engine]:
    provider = replace(PROVIDER, configure=lambda config: cloud, ledger=lambda session: ledger)
    with engine(provider) as speaking:
        yield speaking


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


# -- create ------------------------------------------------------------------------------------


def test_a_preview_knows_the_inputs_and_makes_nothing(toy: Engine, cloud: Cloud) -> None:
    planned = toy.preview_create(TOKEN, {"name": "a", "size": UNKNOWN})
    assert planned["name"] == "a"
    assert {key for key, value in planned.items() if value is UNKNOWN} == {
        *("size", "zone", "address", "key")
    }
    assert cloud.names() == []
    assert cloud.calls == []


def test_a_computed_input_that_is_given_is_known_at_preview(toy: Engine) -> None:
    assert toy.preview_create(TOKEN, {"name": "a", "zone": "b"})["zone"] == "b"


def test_creation_answers_with_inputs_and_what_the_service_says(toy: Engine, cloud: Cloud) -> None:
    live = toy.create(TOKEN, {"name": "a"})
    assert live.id == "a"
    assert live.state == {
        **{"name": "a", "size": 1, "zone": "a"},
        **{"address": "a.toy", "key": "drawn-once"},
    }
    assert cloud.calls == [("create", "a"), ("wait_until_ready", "a")]


def test_a_creation_that_fails_leaves_no_resource(toy: Engine, cloud: Cloud) -> None:
    with pytest.raises(ProviderError) as error:
        toy.create(TOKEN, {"name": "a", "fails": "create", "password": PASSWORD})
    assert str(error.value) == f"creating {TOKEN} it: no create with [secret]"
    assert cloud.names() == []


@pytest.mark.parametrize(
    ("fails", "reason"),
    [
        ("wait_until_ready", "no wait_until_ready with [secret]"),
        ("read", "no read with [secret]"),
        ("vanish", "it was not found right after the call that created it"),
    ],
)
def test_a_failure_after_the_creation_keeps_the_id_and_hides_the_secret(
    toy: Engine, fails: str, reason: str
) -> None:
    request = create_request(toy, {"name": "a", "fails": fails, "password": PASSWORD})
    said, live = unfinished(toy, "Create", request)
    assert said.startswith(reason)
    assert live.id == "a"
    assert live.state["password"] == PASSWORD
    assert {"password", "key"} <= live.secrets


def test_an_unfinished_resource_is_finished_by_the_next_update(toy: Engine, cloud: Cloud) -> None:
    request = create_request(toy, {"name": "a", "fails": "wait_until_ready"})
    _, live = unfinished(toy, "Create", request)
    live.inputs = {"name": "a", "fails": "wait_until_ready"}
    cloud.calls.clear()
    finished = toy.update(live, {"name": "a"})
    assert finished.state["address"] == "a.toy"
    assert cloud.calls == [("update", frozenset({"fails"})), ("wait_until_ready", "a")]


def test_finishing_without_a_difference_settles_and_updates_nothing(
    toy: Engine, cloud: Cloud
) -> None:
    live = toy.create(TOKEN, {"name": "a"})
    cloud.calls.clear()
    toy.update(live, live.inputs)
    assert cloud.calls == [("wait_until_ready", "a")]


# -- read --------------------------------------------------------------------------------------


def test_a_refresh_without_changes_reports_nothing(toy: Engine) -> None:
    live = toy.create(TOKEN, {"name": "a", "note": "x", "password": PASSWORD})
    seen = toy.read(live)
    assert seen is not None
    assert (seen.state, seen.inputs) == (live.state, live.inputs)
    assert toy.drift(live) == set()


@pytest.mark.parametrize(
    ("change", "path"),
    [({"size": 5}, "size"), ({"note": "foreign"}, "note")],
    ids=["given-by-default", "left-out"],
)
def test_a_change_behind_the_engines_back_is_drift(
    toy: Engine, cloud: Cloud, change: Properties, path: str
) -> None:
    live = toy.create(TOKEN, {"name": "a"})
    cloud.save("a", **change)
    assert toy.drift(live) == {path}
    seen = toy.read(live)
    assert seen is not None
    assert toy.drift(toy.update(seen, live.inputs)) == set()


def test_a_computed_input_that_the_program_leaves_out_is_no_drift(
    toy: Engine, cloud: Cloud
) -> None:
    live = toy.create(TOKEN, {"name": "a"})
    cloud.save("a", zone="moved")
    assert toy.drift(live) == set()


def test_a_resource_that_is_gone_reads_as_gone_and_leaves_the_ledger(
    toy: Engine, cloud: Cloud, ledger: MemoryLedger
) -> None:
    live = toy.create(TOKEN, {"name": "a"})
    cloud.file("a").unlink()
    assert toy.read(live) is None
    assert ledger.entries == {}


def test_a_failing_read_is_an_error_and_not_a_loss(toy: Engine) -> None:
    live = toy.create(TOKEN, {"name": "a"})
    live.state |= {"fails": "read", "password": PASSWORD}
    with pytest.raises(ProviderError, match=r"^reading toy:index:Thing it: no read with \[secret"):
        toy.read(live)


def test_an_import_by_id_reads_inputs_that_differ_from_leaving_them_out(
    toy: Engine, cloud: Cloud
) -> None:
    cloud.save("found", size=3, zone="a")
    found = toy.read(Live(TOKEN, "found", {}, {}))
    assert found is not None
    assert found.inputs == {"name": "found", "size": 3}
    assert found.state["address"] == "found.toy"


# -- diff, update, delete ----------------------------------------------------------------------


def test_an_update_names_only_what_changed_and_keeps_what_it_does_not_say(
    toy: Engine, cloud: Cloud
) -> None:
    live = toy.create(TOKEN, {"name": "a", "note": "x"})
    cloud.calls.clear()
    now = toy.update(live, {"name": "a", "size": 2})
    assert cloud.calls[0] == ("update", frozenset({"size", "note"}))
    assert cloud.load("a")["size"] == 2
    assert "note" not in now.state
    assert (now.state["zone"], now.state["key"]) == ("a", "drawn-once")


def test_an_update_at_preview_changes_nothing(toy: Engine, cloud: Cloud) -> None:
    live = toy.create(TOKEN, {"name": "a"})
    cloud.calls.clear()
    request = provider_pb2.UpdateRequest(
        id="a",
        urn=urn(TOKEN, "it"),
        olds=wire.dumps(live.state),
        news=wire.dumps({**live.inputs, "size": UNKNOWN}),
        preview=True,
    )
    planned, secrets = wire.loads(toy.stub.Update(request).properties)
    assert planned == {**live.state, "size": UNKNOWN}
    assert secrets == {"key"}
    assert cloud.calls == []


def test_a_failing_update_names_what_it_was_doing(toy: Engine) -> None:
    live = toy.create(TOKEN, {"name": "a"})
    with pytest.raises(ProviderError) as error:
        toy.update(live, {"name": "a", "fails": "update", "password": PASSWORD})
    assert str(error.value) == f"updating {TOKEN} it: no update with [secret]"


def test_updating_what_is_gone_says_what_to_do(toy: Engine, cloud: Cloud) -> None:
    live = toy.create(TOKEN, {"name": "a"})
    cloud.file("a").unlink()
    with pytest.raises(ProviderError, match="a refresh removes it from the state"):
        toy.update(live, {"name": "a", "size": 2})


def test_deletion_deletes_and_one_that_finds_nothing_is_no_fault(
    toy: Engine, cloud: Cloud, ledger: MemoryLedger
) -> None:
    live = toy.create(TOKEN, {"name": "a"})
    toy.delete(live)
    assert (cloud.names(), ledger.entries) == ([], {})
    toy.delete(live)


def test_a_failing_deletion_hides_the_secret(toy: Engine) -> None:
    live = toy.create(TOKEN, {"name": "a", "password": PASSWORD})
    live.state["fails"] = "delete"
    with pytest.raises(
        ProviderError, match=r"deleting toy:index:Thing it: no delete with \[secret"
    ):
        toy.delete(live)


@pytest.mark.parametrize(
    ("name", "always", "first"),
    [("given", False, True), (None, False, False), (None, True, True)],
)
def test_a_given_name_is_freed_before_its_replacement_and_a_generated_one_where_the_kind_says_so(
    cloud: Cloud, name: str | None, always: bool, first: bool
) -> None:
    class Fixed(Thing):
        deletes_first = always
        properties = {**Thing.properties, "size": Property(default=1, replaces="as in the test")}

    provider = replace(PROVIDER, resource_types={TOKEN: Fixed()}, configure=lambda config: cloud)
    with engine(provider) as speaking:
        live = speaking.create(TOKEN, {"name": name})
        checked, _ = speaking.check(TOKEN, {"name": name, "size": 2}, old=live.inputs)
        answer = speaking.stub.Diff(
            provider_pb2.DiffRequest(
                urn=urn(TOKEN, "it"), olds=wire.dumps(live.state), news=wire.dumps(checked)
            )
        )
    assert list(answer.replaces) == ["size"]
    assert answer.deleteBeforeReplace is first


def test_the_kind_of_each_difference_is_told_by_path(toy: Engine) -> None:
    answer = toy.stub.Diff(
        provider_pb2.DiffRequest(
            urn=urn(TOKEN, "it"),
            olds=wire.dumps({"name": "a", "size": 1, "note": "x"}),
            news=wire.dumps({"name": "b", "size": 1, "password": PASSWORD}),
        )
    )
    change = provider_pb2.PropertyDiff
    assert {path: item.kind for path, item in answer.detailedDiff.items()} == {
        "name": change.UPDATE_REPLACE,
        "note": change.DELETE,
        "password": change.ADD,
    }
    assert answer.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert set(answer.diffs) == {"name", "note", "password"}


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
