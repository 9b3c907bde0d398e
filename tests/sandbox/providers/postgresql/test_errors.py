"""What the postgresql provider refuses, quotes, and says when a server does not answer."""

from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sandbox.providers.postgresql.__main__ import PROVIDER
from sandbox.providers.resource_type import ResourceType
from sandbox.providers.wire import Properties
from sandbox.servers.certificates import CertificateAuthority
from tests.sandbox.providers.engine_client import Engine, Live, ProviderError
from tests.sandbox.providers.postgresql.inputs import DATABASE_CHANGES, ROLE_CHANGES, SECRET
from tests.sandbox.providers.postgresql_provider import (
    DATABASE,
    MASTER,
    ROLE,
    Maker,
    Running,
)


def test_every_bound_property_of_both_types_has_a_change_that_a_test_makes() -> None:
    for token, changes in ((ROLE, ROLE_CHANGES), (DATABASE, DATABASE_CHANGES)):
        resource_type: ResourceType[Any] = PROVIDER.resource_types[token]
        bound = {name for name, prop in resource_type.properties.items() if prop.bound}
        fixed_at_creation = {"name", "encoding", "lcCollate", "lcCtype", "tablespaceName"}
        assert {name for name, _ in changes} == bound - fixed_at_creation


@pytest.mark.parametrize(
    ("inputs", "fault"),
    [
        ({"connectionLimit": -2}, ("connectionLimit", "must be at least -1")),
        ({"statementTimeout": -1}, ("statementTimeout", "must be at least 0")),
        ({"encryptedPassword": False}, ("encryptedPassword", "encrypt every password")),
        ({"searchPaths": ["a, b"]}, ("searchPaths", "cannot read back")),
        ({"passwordWo": "x"}, ("passwordWo", "did you mean password?")),
    ],
)
def test_what_the_provider_would_refuse_is_refused_before_anything_is_made(
    provider: Engine, inputs: Properties, fault: tuple[str, str]
) -> None:
    _, failures = provider.check(ROLE, {"name": "refused", **inputs})
    assert set(failures) == {fault[0]}
    assert fault[1] in failures[fault[0]]


# -- the provider ------------------------------------------------------------------------------


def test_names_and_values_that_need_quoting_are_only_ever_data(
    provider: Engine, make: Maker, behind: Callable[..., list[Any]]
) -> None:
    name = "x\"; DROP ROLE bystander; --'%s{}"
    make(ROLE, name="bystander")
    role = make(ROLE, name=name, roles=["bystander"], searchPaths=["a'; DROP TABLE t"])
    make(DATABASE, name=name, owner=name)
    assert provider.drift(role) == set()
    assert behind("SELECT 1 FROM pg_roles WHERE rolname = 'bystander'") == [(1,)]


def test_many_calls_at_once_do_not_disturb_each_other(
    provider: Engine, make: Maker, behind: Callable[..., list[Any]]
) -> None:
    make(ROLE, name="shared")
    names = [f"parallel_{number}" for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        wanted = [{"name": name, "owner": "shared"} for name in names]
        databases = list(pool.map(lambda inputs: provider.create(DATABASE, inputs), wanted))
        assert [live.state["owner"] for live in databases] == ["shared"] * 6
        list(pool.map(provider.delete, databases))
    assert behind("SELECT 1 FROM pg_auth_members WHERE roleid = 'shared'::regrole") == []


def test_a_name_that_is_taken_is_an_error_in_the_servers_words(
    provider: Engine, make: Maker
) -> None:
    make(ROLE, name="taken")
    with pytest.raises(ProviderError) as error:
        provider.create(ROLE, {"name": "taken", "password": SECRET})
    assert str(error.value) == f'creating {ROLE} it: role "taken" already exists'


def test_no_error_holds_the_password_or_a_part_of_the_statement(provider: Engine) -> None:
    for inputs in (
        {"validUntil": "no such day"},
        {"roles": ["no_such_role"]},
        {"superuser": True},
    ):
        with pytest.raises(ProviderError) as error:
            provider.create(ROLE, {"name": "failing", "password": SECRET, **inputs})
        for leak in ("planted", "SCRAM-SHA-256", "CREATE ROLE", "LINE 1"):
            assert leak not in str(error.value)


def test_a_server_that_does_not_answer_is_an_error_with_its_address_and_not_a_loss(
    server: Running,
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: refused
        port = taken.getsockname()[1]
        with server.provider(port=str(port)) as speaking:
            live = Live(ROLE, "app", {"name": "app"}, {"name": "app"})
            with pytest.raises(ProviderError, match=f"127.0.0.1:{port} as {MASTER.name}.*refused"):
                speaking.read(live)


def test_a_wrong_password_is_an_error_without_the_password(server: Running) -> None:
    with server.provider(password="mistaken-one") as speaking:
        with pytest.raises(ProviderError, match="authentication failed") as error:
            speaking.create(ROLE, {"name": "x"})
        assert "mistaken-one" not in str(error.value)


def test_a_certificate_of_another_authority_is_refused(
    server: Running, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other") / "ca.pem"
    CertificateAuthority("another").write(other)
    with (
        server.provider(sslrootcert=str(other)) as speaking,
        pytest.raises(ProviderError, match="certificate verify failed"),
    ):
        speaking.create(ROLE, {"name": "x"})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"hots": "x"}, "hots: not known to the sandbox"),
        ({"username": None}, "lacks username"),
        ({"superuser": None}, "superuser: must be false"),
        ({"superuser": "true"}, "superuser: must be false"),
    ],
)
def test_a_wrong_configuration_is_refused_at_the_first_check(
    server: Running, changed: Properties, message: str
) -> None:
    with (
        server.provider(**changed) as speaking,
        pytest.raises(ProviderError, match=message),
    ):
        speaking.check(ROLE, {"name": "x"})


def test_the_provider_opens_no_more_connections_than_it_may(server: Running) -> None:
    with server.provider(maxConnections="1") as speaking:
        role = speaking.create(ROLE, {"name": "alone"})
        database = speaking.create(
            DATABASE, {"name": "alone", "owner": "alone", "alterObjectOwnership": True}
        )
        speaking.update(database, {**database.inputs, "owner": MASTER.name})
        speaking.delete(database)
        speaking.delete(role)
