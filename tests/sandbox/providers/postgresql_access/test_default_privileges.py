"""Default privileges and memberships, and what the provider refuses."""

from __future__ import annotations

import pytest

from sandbox.providers.wire import UNKNOWN, Properties
from tests.sandbox.providers.engine_client import Engine, Live, ProviderError
from tests.sandbox.providers.postgresql_access.inputs import (
    APP,
    MEMBER,
    ORDERS,
    SPARE,
    TRIGRAMS,
    access,
    defaults,
    grant,
)
from tests.sandbox.providers.postgresql_provider import (
    DEFAULTS,
    EXTENSION,
    GRANT,
    MASTER,
    MEMBERSHIP,
    ROLE,
    SCHEMA,
    Maker,
    Running,
)


@pytest.mark.parametrize(
    ("token", "inputs", "name", "fault"),
    [
        (GRANT, grant("table", "select"), "privileges", "in capitals"),
        (GRANT, grant("database", "USAGE"), "privileges", "CREATE, CONNECT, TEMPORARY"),
        (GRANT, grant("column", "SELECT"), "objectType", "database, schema, table"),
        (GRANT, grant("table", "SELECT", schema=None), "schema", "needs it"),
        (GRANT, grant("schema", "USAGE", objects=["x"]), "objects", "takes none"),
        (GRANT, grant("function", "EXECUTE", objects=["f(); --"]), "objects", "and types"),
        (GRANT, grant("table", "SELECT", columns=["id"]), "columns", "does not know"),
        (DEFAULTS, defaults("USAGE"), "privileges", "is none of a table"),
        (DEFAULTS, defaults("USAGE", objectType="schema"), "schema", "leave it out"),
        (DEFAULTS, defaults("SELECT", role="public", withGrantOption=True), "withGrantOption", ""),
        (EXTENSION, {"database": APP}, "name", "requires"),
        (MEMBERSHIP, {"role": "reader"}, "grantRole", "requires"),
    ],
)
def test_what_the_real_provider_would_refuse_is_refused_before_anything_is_made(
    provider: Engine, token: str, inputs: Properties, name: str, fault: str
) -> None:
    _, failures = provider.check(token, inputs)
    assert set(failures) == {name}
    assert fault in failures[name]


@pytest.mark.parametrize("token", [GRANT, DEFAULTS])
def test_what_is_not_known_yet_passes_the_check(provider: Engine, token: str) -> None:
    known = defaults("SELECT") if token == DEFAULTS else ORDERS
    for name in ("role", "database", "schema", "objectType", "privileges"):
        assert provider.check(token, {**known, name: UNKNOWN})[1] == {}
    assert provider.check(token, {**known, "privileges": [UNKNOWN]})[1] == {}


@pytest.mark.parametrize("token", [GRANT, DEFAULTS, MEMBERSHIP])
def test_what_the_real_provider_cannot_import_is_not_imported(provider: Engine, token: str) -> None:
    with pytest.raises(ProviderError, match="cannot be imported"):
        provider.read(Live(token, "reader_nexus", {}, {}))


# -- default privileges and memberships ---------------------------------------------------------


def test_default_privileges_hold_for_what_the_owner_makes_next(
    server: Running, make: Maker
) -> None:
    make(DEFAULTS, **defaults("SELECT", "INSERT"))
    with server.login(MASTER.name, MASTER.password, APP) as connection:
        connection.execute("SET ROLE migrator")
        connection.execute("CREATE TABLE workflow.next ()")
        entries = access(server, "next")
        connection.execute("DROP TABLE workflow.next")
    assert entries == {"reader=ar/migrator"}


@pytest.mark.parametrize(
    ("object_type", "privilege"),
    [
        ("sequence", "USAGE"),
        ("function", "EXECUTE"),
        ("routine", "EXECUTE"),
        ("type", "USAGE"),
        ("schema", "USAGE"),
    ],
)
def test_default_privileges_of_every_type_hold_without_a_schema(
    provider: Engine, make: Maker, object_type: str, privilege: str
) -> None:
    live = make(DEFAULTS, **defaults(privilege, objectType=object_type, schema=None))
    assert live.id == f"reader_{APP}_noschema_migrator_{object_type}"
    assert provider.drift(live) == set()


def test_default_privileges_of_an_owner_the_master_is_no_member_of(
    server: Running, provider: Engine, make: Maker
) -> None:
    live = make(DEFAULTS, **defaults("ALL", owner="other", schema=None))
    assert provider.drift(live) == set()
    assert not server.behind(
        "SELECT 1 FROM pg_auth_members WHERE roleid = 'other'::regrole AND member <> 0"
    )


@pytest.mark.parametrize("token", [DEFAULTS, MEMBERSHIP])
def test_a_replacement_in_the_engines_order_loses_it_as_with_the_real_provider(
    provider: Engine, make: Maker, token: str
) -> None:
    inputs = defaults("SELECT") if token == DEFAULTS else MEMBER
    option = "withGrantOption" if token == DEFAULTS else "withAdminOption"
    old = provider.create(token, inputs)
    assert provider.diff(old, {**inputs, option: True}) == ({option}, {option})
    new = make(token, **{**inputs, option: True})
    provider.delete(old)
    assert provider.drift(new) is None


def test_a_membership_is_identified_by_its_id(make: Maker) -> None:
    assert make(MEMBERSHIP, **MEMBER, withAdminOption=True).id == "reader_other_true"


# -- the provider -------------------------------------------------------------------------------


def test_names_that_need_quoting_are_only_ever_data(
    server: Running, provider: Engine, make: Maker
) -> None:
    name = "x\"; DROP SCHEMA workflow; --'%s{}"
    make(ROLE, name=name)
    schema = make(SCHEMA, name=name, database=APP, owner="migrator")
    usage = {"role": name, "schema": name}
    lives = [
        schema,
        make(GRANT, **grant("schema", "USAGE", **usage)),
        make(GRANT, **grant("table", "SELECT", **usage)),
        make(DEFAULTS, **defaults("SELECT", **usage)),
        make(MEMBERSHIP, role="reader", grantRole=name),
    ]
    for live in lives:
        assert provider.drift(live) == set()
    assert server.behind("SELECT 1 FROM pg_namespace WHERE nspname = 'workflow'", inside=APP)


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (SCHEMA, SPARE),
        (EXTENSION, TRIGRAMS),
        (GRANT, ORDERS),
        (DEFAULTS, defaults("SELECT")),
        (MEMBERSHIP, MEMBER),
    ],
)
def test_a_server_that_does_not_answer_is_an_error_with_its_address_and_not_a_loss(
    server: Running, token: str, inputs: Properties
) -> None:
    with server.provider(port="1") as speaking:
        live = Live(token, "x", inputs, {**inputs, "withGrantOption": False})
        with pytest.raises(ProviderError, match=r"127\.0\.0\.1:1 as nexusflow_master"):
            speaking.read(live)
