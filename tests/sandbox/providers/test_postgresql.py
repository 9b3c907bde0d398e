"""The postgresql provider over its real protocol, on a real server, as RDS's limited master."""

from __future__ import annotations

import base64
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, LiteralString

import psycopg
import pytest

from database import scram
from sandbox.providers.postgresql.__main__ import PROVIDER
from sandbox.providers.resource_type import ResourceType
from sandbox.providers.wire import Properties
from sandbox.servers.certificates import CertificateAuthority
from tests.sandbox.providers.engine_client import Engine, Live, ProviderError
from tests.sandbox.providers.postgresql_provider import (
    DATABASE,
    MASTER,
    ROLE,
    Maker,
    Running,
    running,
)

SALT = base64.b64encode(b"0123456789abcdef").decode()
SECRET = "it's-a-planted secret\\1"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("project")) as server:
        yield server


@pytest.fixture(scope="module")
def provider(server: Running) -> Iterator[Engine]:
    with server.provider() as speaking:
        yield speaking


@pytest.fixture
def make(provider: Engine) -> Iterator[Maker]:
    maker = Maker(provider)
    yield maker
    maker.end()


@pytest.fixture
def behind(server: Running) -> Callable[..., list[Any]]:
    return server.behind


def verifier(password: str) -> str:
    return scram.verifier_from_base64(password, SALT)


FULL_ROLE: Properties = {
    "login": True,
    "createDatabase": True,
    "createRole": True,
    "inherit": False,
    "connectionLimit": 7,
    "validUntil": "2099-01-01 00:00:00+00",
    "roles": ["pg_read_all_stats", "pg_monitor"],
    "searchPaths": ["$user", "public", "Odd Name"],
    "statementTimeout": 5000,
    "idleInTransactionSessionTimeout": 60000,
    "assumeRole": "pg_monitor",
}


# -- roles -------------------------------------------------------------------------------------


def test_a_role_with_nothing_but_a_name_is_made_and_reads_back_without_difference(
    provider: Engine, make: Maker
) -> None:
    role = make(ROLE, name="plain")
    assert role.id == "plain"
    assert provider.drift(role) == set()


def test_a_role_with_every_property_reads_back_without_difference(
    provider: Engine, make: Maker
) -> None:
    role = make(ROLE, name="full", password=verifier("full-password"), **FULL_ROLE)
    assert provider.drift(role) == set()
    assert {key: role.state[key] for key in FULL_ROLE} == {
        **FULL_ROLE,
        "roles": ["pg_monitor", "pg_read_all_stats"],
    }


def test_a_role_gets_a_generated_name_when_it_has_none(provider: Engine, make: Maker) -> None:
    role = make(ROLE)
    assert role.id.startswith("it-")
    assert provider.drift(role) == set()


def test_a_scram_verifier_passes_through_and_its_password_logs_in(
    server: Running,
    make: Maker,
    behind: Callable[..., list[Any]],
) -> None:
    role = make(ROLE, name="app", login=True, password=verifier("app-password"))
    stored = behind("SELECT rolpassword FROM pg_authid WHERE rolname = 'app'")
    assert stored == [(verifier("app-password"),)]
    assert server.logs_in("app", "app-password", "postgres")
    assert "password" in role.secrets


def test_a_clear_password_logs_in_and_never_reaches_the_server(
    server: Running, make: Maker
) -> None:
    make(ROLE, name="clear", login=True, password=SECRET)
    assert server.logs_in("clear", SECRET, "postgres")
    log = server.server.log_tail(1000)
    assert "CREATE ROLE" in log  # log_statement is on: the statement itself is there
    assert "planted" not in log


def test_a_changed_password_is_set_and_a_removed_one_is_taken_away(
    server: Running, provider: Engine, make: Maker
) -> None:
    role = make(ROLE, name="rotated", login=True, password=verifier("one"))
    second = {"name": "rotated", "login": True, "password": verifier("two")}
    assert provider.diff(role, second) == ({"password"}, set())
    now = provider.update(role, second)
    assert server.logs_in("rotated", "two", "postgres")
    provider.update(now, {"name": "rotated", "login": True})
    assert not server.logs_in("rotated", "two", "postgres")


def test_a_password_changed_by_hand_is_missed_as_by_the_real_provider(
    provider: Engine, make: Maker, behind: Callable[..., list[Any]]
) -> None:
    role = make(ROLE, name="missed", login=True, password=verifier("one"))
    behind("ALTER ROLE missed PASSWORD 'other'")
    assert provider.drift(role) == set()


ROLE_CHANGES: list[tuple[str, LiteralString]] = [
    ("login", "ALTER ROLE {role} LOGIN"),
    ("superuser", "ALTER ROLE {role} SUPERUSER"),
    ("createDatabase", "ALTER ROLE {role} CREATEDB"),
    ("createRole", "ALTER ROLE {role} CREATEROLE"),
    ("inherit", "ALTER ROLE {role} NOINHERIT"),
    ("replication", "ALTER ROLE {role} REPLICATION"),
    ("bypassRowLevelSecurity", "ALTER ROLE {role} BYPASSRLS"),
    ("connectionLimit", "ALTER ROLE {role} CONNECTION LIMIT 3"),
    ("validUntil", "ALTER ROLE {role} VALID UNTIL '2001-01-01'"),
    ("roles", "GRANT pg_monitor TO {role}"),
    ("roles", "REVOKE pg_read_all_stats FROM {role}"),
    ("searchPaths", "ALTER ROLE {role} SET search_path TO elsewhere"),
    ("statementTimeout", "ALTER ROLE {role} SET statement_timeout TO 1000"),
    (
        "idleInTransactionSessionTimeout",
        "ALTER ROLE {role} SET idle_in_transaction_session_timeout TO 1000",
    ),
    ("assumeRole", "ALTER ROLE {role} SET role TO pg_monitor"),
]
BEYOND_AN_RDS_MASTER = {"superuser", "replication", "bypassRowLevelSecurity"}


@pytest.mark.parametrize(("name", "change"), ROLE_CHANGES, ids=[row[1] for row in ROLE_CHANGES])
def test_a_role_changed_by_hand_is_seen_and_repaired_where_an_rds_master_could(
    provider: Engine,
    make: Maker,
    behind: Callable[..., list[Any]],
    name: str,
    change: LiteralString,
) -> None:
    role = make(ROLE, name="drifted", roles=["pg_read_all_stats"])
    behind(change, role="drifted")
    seen = provider.read(role)
    assert seen is not None
    paths, replaces = provider.diff(seen, role.inputs)
    assert {path.partition("[")[0] for path in paths} == {name}
    assert not replaces
    if name in BEYOND_AN_RDS_MASTER:
        with pytest.raises(ProviderError, match=r"must be superuser|permission denied"):
            provider.update(seen, role.inputs)
        behind("ALTER ROLE drifted NOSUPERUSER NOREPLICATION NOBYPASSRLS")
    else:
        provider.update(seen, role.inputs)
    assert provider.drift(role) == set()


def test_every_bound_property_of_both_types_has_a_change_that_a_test_makes() -> None:
    for token, changes in ((ROLE, ROLE_CHANGES), (DATABASE, DATABASE_CHANGES)):
        resource_type: ResourceType[Any] = PROVIDER.resource_types[token]
        bound = {name for name, prop in resource_type.properties.items() if prop.bound}
        fixed_at_creation = {"name", "encoding", "lcCollate", "lcCtype", "tablespaceName"}
        assert {name for name, _ in changes} == bound - fixed_at_creation


def test_a_timeout_in_a_unit_is_an_error_that_names_the_remedy(
    provider: Engine, make: Maker, behind: Callable[..., list[Any]]
) -> None:
    role = make(ROLE, name="unit")
    behind("ALTER ROLE unit SET statement_timeout TO '5s'")
    with pytest.raises(ProviderError, match="ALTER ROLE unit RESET statement_timeout"):
        provider.read(role)


def test_an_update_touches_nothing_but_what_changed(
    server: Running, provider: Engine, make: Maker
) -> None:
    role = make(ROLE, name="narrow", login=True, connectionLimit=3, password=verifier("one"))
    provider.update(role, {**role.inputs, "connectionLimit": 4})
    altered = [line for line in server.server.log_tail(1000).splitlines() if "ALTER ROLE" in line]
    assert altered[-1].endswith('ALTER ROLE "narrow" CONNECTION LIMIT 4')


def test_a_role_dropped_by_hand_is_gone_and_its_deletion_is_no_fault(
    provider: Engine, behind: Callable[..., list[Any]]
) -> None:
    role = provider.create(ROLE, {"name": "dropped"})
    behind("DROP ROLE dropped")
    assert provider.drift(role) is None
    provider.delete(role)


def test_a_renamed_role_keeps_its_login_and_is_found_by_its_new_name(
    server: Running, provider: Engine
) -> None:
    role = provider.create(ROLE, {"name": "before", "login": True, "password": verifier("x")})
    renamed = provider.update(role, {**role.inputs, "name": "after"})
    assert server.logs_in("after", "x", "postgres")
    seen = provider.read(renamed)
    assert seen is not None
    assert seen.id == "after"
    provider.delete(renamed)
    assert provider.read(seen) is None


def test_a_role_is_adopted_by_its_name_without_difference(provider: Engine, make: Maker) -> None:
    role = make(ROLE, name="adopted", **FULL_ROLE)
    found = provider.read(Live(ROLE, "adopted", {}, {}))
    assert found is not None
    assert provider.diff(found, role.inputs) == (set(), set())


def test_deleting_a_role_leaves_what_it_owned_to_the_master(
    provider: Engine, behind: Callable[..., list[Any]]
) -> None:
    role = provider.create(ROLE, {"name": "owner"})
    behind("CREATE TABLE kept ()")
    behind("ALTER TABLE kept OWNER TO owner")
    behind("CREATE TABLE granted ()")
    behind("ALTER TABLE granted OWNER TO {master}", master=MASTER.name)
    behind("GRANT SELECT ON granted TO owner")
    provider.delete(role)
    owner = behind("SELECT tableowner FROM pg_tables WHERE tablename = 'kept'")
    assert owner == [(MASTER.name,)]
    behind("DROP TABLE kept, granted")


def test_deletion_keeps_the_role_when_it_is_told_to(
    provider: Engine, behind: Callable[..., list[Any]]
) -> None:
    role = provider.create(ROLE, {"name": "stays", "skipDropRole": True})
    provider.delete(role)
    assert behind("SELECT 1 FROM pg_roles WHERE rolname = 'stays'") == [(1,)]
    behind("DROP ROLE stays")


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


# -- databases ---------------------------------------------------------------------------------


def test_a_database_is_made_as_asked_and_reads_back_without_difference(
    provider: Engine, make: Maker
) -> None:
    asked = {"encoding": "UTF8", "lcCollate": "C", "lcCtype": "C", "template": "template0"}
    database = make(DATABASE, name="nexusflow", owner=MASTER.name, connectionLimit=9, **asked)
    assert provider.drift(database) == set()
    assert {key: database.state[key] for key in asked} == asked
    assert database.state["tablespaceName"] == "pg_default"


def test_a_database_with_nothing_but_a_name_is_the_masters(provider: Engine, make: Maker) -> None:
    database = make(DATABASE, name="bare")
    assert database.state["owner"] == MASTER.name
    assert database.state["template"] == "template0"
    assert provider.drift(database) == set()


DATABASE_CHANGES: list[tuple[str, LiteralString]] = [
    ("owner", "ALTER DATABASE {database} OWNER TO pg_monitor"),
    ("connectionLimit", "ALTER DATABASE {database} CONNECTION LIMIT 3"),
    ("allowConnections", "ALTER DATABASE {database} ALLOW_CONNECTIONS false"),
    ("isTemplate", "ALTER DATABASE {database} IS_TEMPLATE true"),
]


@pytest.mark.parametrize(("name", "change"), DATABASE_CHANGES, ids=[r[0] for r in DATABASE_CHANGES])
def test_a_database_changed_by_hand_is_seen_and_repaired(
    provider: Engine,
    make: Maker,
    behind: Callable[..., list[Any]],
    name: str,
    change: LiteralString,
) -> None:
    database = make(DATABASE, name="shifted", owner=MASTER.name, isTemplate=False)
    behind(change, database="shifted")
    seen = provider.read(database)
    assert seen is not None
    assert provider.diff(seen, database.inputs) == ({name}, set())
    provider.update(seen, database.inputs)
    assert provider.drift(database) == set()


@pytest.mark.parametrize("change", [{"encoding": "SQL_ASCII"}, {"lcCollate": "POSIX"}])
def test_what_only_a_new_database_can_have_replaces_it(
    provider: Engine, make: Maker, change: Properties
) -> None:
    database = make(DATABASE, name="fixed", encoding="UTF8", lcCollate="C", lcCtype="C")
    assert provider.diff(database, {**database.inputs, **change}) == (set(change), set(change))


def test_a_database_goes_to_a_role_and_leaves_the_master_no_membership(
    provider: Engine, make: Maker, behind: Callable[..., list[Any]]
) -> None:
    make(ROLE, name="migrator")
    database = make(DATABASE, name="handed", owner=MASTER.name)
    handed = provider.update(database, {**database.inputs, "owner": "migrator"})
    assert handed.state["owner"] == "migrator"
    assert provider.drift(handed) == set()
    assert behind("SELECT 1 FROM pg_auth_members WHERE roleid = 'migrator'::regrole") == []


def test_a_database_of_another_role_is_changed_only_by_a_member_of_it_as_on_rds(
    provider: Engine, make: Maker, behind: Callable[..., list[Any]]
) -> None:
    make(ROLE, name="migrator")
    database = make(DATABASE, name="foreign", owner="migrator")
    for change in ({"connectionLimit": 5}, {"owner": MASTER.name}):
        with pytest.raises(ProviderError, match="must be owner of database foreign"):
            provider.update(database, {**database.inputs, **change})
    behind("GRANT migrator TO {master}", master=MASTER.name)
    now = provider.update(database, {**database.inputs, "connectionLimit": 5})
    assert now.state["connectionLimit"] == 5


def test_a_hand_over_to_a_superuser_is_refused_in_the_servers_words(provider: Engine) -> None:
    with pytest.raises(ProviderError, match='must be member of role "rdsadmin"'):
        provider.create(DATABASE, {"name": "never", "owner": "rdsadmin"})


def test_a_failed_hand_over_leaves_the_master_no_membership(
    provider: Engine, make: Maker, behind: Callable[..., list[Any]]
) -> None:
    make(ROLE, name="migrator")
    with pytest.raises(ProviderError, match='template database "no_such" does not exist'):
        provider.create(DATABASE, {"name": "never", "owner": "migrator", "template": "no_such"})
    assert behind("SELECT 1 FROM pg_auth_members WHERE roleid = 'migrator'::regrole") == []


def test_a_new_owner_gets_the_objects_too_when_that_is_asked_for(
    server: Running, provider: Engine, make: Maker
) -> None:
    make(ROLE, name="first", login=True, password=verifier("first"))
    make(ROLE, name="second")
    database = make(DATABASE, name="objects", owner="first", alterObjectOwnership=True)
    with server.login("first", "first", "objects") as connection:
        connection.execute("CREATE TABLE public.thing ()")
    provider.update(database, {**database.inputs, "owner": "second"})
    with server.login("first", "first", "objects") as connection:
        row = connection.execute(
            "SELECT tableowner FROM pg_tables WHERE tablename = 'thing'"
        ).fetchone()
    assert row == ("second",)


def test_a_database_in_use_is_dropped_even_as_a_template(server: Running, provider: Engine) -> None:
    database = provider.create(DATABASE, {"name": "busy", "isTemplate": True})
    with server.login(MASTER.name, MASTER.password, "busy") as user:
        provider.delete(database)
        with pytest.raises(psycopg.OperationalError):
            user.execute("SELECT 1")
    assert provider.drift(database) is None


def test_a_database_dropped_by_hand_is_gone_and_its_deletion_is_no_fault(
    provider: Engine, behind: Callable[..., list[Any]]
) -> None:
    database = provider.create(DATABASE, {"name": "vanished"})
    behind("DROP DATABASE vanished")
    assert provider.drift(database) is None
    provider.delete(database)


def test_a_renamed_database_is_found_by_its_new_name(provider: Engine) -> None:
    database = provider.create(DATABASE, {"name": "earlier"})
    renamed = provider.update(database, {**database.inputs, "name": "later"})
    assert provider.drift(renamed) == set()
    provider.delete(renamed)
    assert provider.drift(renamed) is None


def test_a_database_is_adopted_by_its_name_without_difference(
    provider: Engine, make: Maker
) -> None:
    database = make(DATABASE, name="found", template="template0", encoding="UTF8")
    found = provider.read(Live(DATABASE, "found", {}, {}))
    assert found is not None
    assert provider.diff(found, database.inputs) == (set(), set())


def test_the_word_default_is_refused_where_it_would_replace_the_database_for_ever(
    provider: Engine,
) -> None:
    _, failures = provider.check(DATABASE, {"name": "x", "encoding": "DEFAULT"})
    assert "name the value" in failures["encoding"]


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
