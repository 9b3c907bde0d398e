"""Schemas and extensions of the postgresql provider on a real server."""

from __future__ import annotations

import pytest

from sandbox.providers.wire import Properties
from tests.sandbox.providers.engine_client import Engine, Live, ProviderError
from tests.sandbox.providers.postgresql_access.inputs import APP, SPARE, TRIGRAMS
from tests.sandbox.providers.postgresql_provider import (
    EXTENSION,
    MASTER,
    SCHEMA,
    Maker,
    Running,
)

# -- schemas and extensions ---------------------------------------------------------------------


def test_a_schema_of_nothing_but_a_name_is_the_masters_in_the_providers_database(
    provider: Engine, make: Maker
) -> None:
    schema = make(SCHEMA, name="plain")
    assert schema.id == "postgres.plain"
    assert schema.state["owner"] == MASTER.name
    assert provider.drift(schema) == set()


def test_a_schema_that_exists_is_taken_over_with_its_owner(
    server: Running, provider: Engine, make: Maker
) -> None:
    server.behind("CREATE SCHEMA spare AUTHORIZATION {master}", inside=APP, master=MASTER.name)
    schema = make(SCHEMA, **SPARE, ifNotExists=False)
    assert schema.state["owner"] == "migrator"
    assert provider.drift(schema) == set()


def test_a_renamed_schema_is_found_by_its_new_name(provider: Engine, make: Maker) -> None:
    schema = provider.create(SCHEMA, SPARE)
    renamed = provider.update(schema, {**SPARE, "name": "moved"})
    seen = provider.read(renamed)
    assert seen is not None
    assert seen.id == f"{APP}.moved"
    provider.delete(seen)
    assert provider.drift(seen) is None


def test_a_schema_in_another_database_is_another_one(provider: Engine, make: Maker) -> None:
    schema = make(SCHEMA, **SPARE)
    assert provider.diff(schema, {**SPARE, "database": "postgres"})[1] == {"database"}


def test_a_schema_of_an_owner_the_master_is_no_member_of_is_made_but_not_changed(
    provider: Engine, make: Maker
) -> None:
    schema = make(SCHEMA, **{**SPARE, "owner": "other"})
    assert schema.state["owner"] == "other"
    with pytest.raises(ProviderError, match="must be owner of schema spare"):
        provider.update(schema, SPARE)


def test_a_schema_with_something_in_it_is_dropped_only_when_that_is_asked_for(
    server: Running, provider: Engine, make: Maker
) -> None:
    schema = provider.create(SCHEMA, SPARE)
    server.behind("CREATE TABLE spare.thing ()", inside=APP)
    with pytest.raises(ProviderError, match="other objects depend on it"):
        provider.delete(schema)
    cascading = provider.update(schema, {**SPARE, "dropCascade": True})
    provider.delete(cascading)
    assert provider.drift(cascading) is None


def test_a_schema_dropped_by_hand_is_gone_and_its_deletion_is_no_fault(
    server: Running, provider: Engine, make: Maker
) -> None:
    schema = provider.create(SCHEMA, SPARE)
    server.behind("DROP SCHEMA spare", inside=APP)
    assert provider.drift(schema) is None
    provider.delete(schema)


@pytest.mark.parametrize(("token", "inputs"), [(SCHEMA, SPARE), (EXTENSION, TRIGRAMS)])
def test_what_lives_in_a_database_is_adopted_by_database_and_name(
    provider: Engine, make: Maker, token: str, inputs: Properties
) -> None:
    live = make(token, **inputs)
    found = provider.read(Live(token, f"{APP}.{inputs['name']}", {}, {}))
    assert found is not None
    assert provider.diff(found, live.inputs) == (set(), set())
    assert provider.read(Live(token, "no_such.thing", {}, {})) is None
    with pytest.raises(ProviderError, match=r"name it as DATABASE\.NAME"):
        provider.read(Live(token, inputs["name"], {}, {}))


def test_an_extension_is_made_in_its_schema_and_version_and_updated(
    provider: Engine, make: Maker
) -> None:
    extension = make(EXTENSION, **{**TRIGRAMS, "version": "1.5"})
    assert extension.id == f"{APP}.pg_trgm"
    assert provider.drift(extension) == set()
    assert provider.diff(extension, TRIGRAMS) == ({"version"}, set())
    now = provider.update(extension, TRIGRAMS)
    assert (now.state["schema"], now.state["version"]) == ("audit", "1.6")


def test_an_extension_moved_or_updated_by_hand_is_seen_and_a_limited_master_cannot_take_it_back(
    server: Running, provider: Engine, make: Maker
) -> None:
    extension = make(EXTENSION, **{**TRIGRAMS, "version": "1.5"})
    server.behind("ALTER EXTENSION pg_trgm SET SCHEMA workflow", inside=APP)
    server.behind("ALTER EXTENSION pg_trgm UPDATE", inside=APP)
    seen = provider.read(extension)
    assert seen is not None
    assert provider.diff(seen, extension.inputs) == ({"schema", "version"}, set())
    # the functions of a trusted extension are the superuser's, and no script leads back
    with pytest.raises(ProviderError, match="must be owner of function"):
        provider.update(seen, extension.inputs)
    with pytest.raises(ProviderError, match=r'from version "1\.6" to version "1\.5"'):
        provider.update(seen, {**extension.inputs, "schema": "workflow"})


def test_an_extensions_new_version_is_no_drift_where_the_program_names_none(
    server: Running, provider: Engine, make: Maker
) -> None:
    with server.login(MASTER.name, MASTER.password, APP) as connection:
        connection.execute("CREATE EXTENSION pg_trgm SCHEMA audit VERSION '1.5'")
    extension = make(EXTENSION, name="pg_trgm", database=APP)
    server.behind("ALTER EXTENSION pg_trgm UPDATE", inside=APP)
    assert extension.state["version"] == "1.5"
    assert provider.drift(extension) == set()


def test_an_extension_that_only_a_superuser_may_make_is_an_error_that_says_so(
    provider: Engine, make: Maker
) -> None:
    with pytest.raises(ProviderError, match='permission denied to create extension "pageinspect"'):
        provider.create(EXTENSION, {"name": "pageinspect", "database": APP})


def test_an_extension_brings_what_it_needs_and_takes_what_needs_it_when_that_is_asked_for(
    server: Running, provider: Engine, make: Maker
) -> None:
    inputs = {"name": "earthdistance", "database": APP, "schema": "audit"}
    with pytest.raises(ProviderError, match='required extension "cube" is not installed'):
        provider.create(EXTENSION, inputs)
    cube = provider.create(EXTENSION, {"name": "cube", "database": APP, "schema": "audit"})
    server.behind("CREATE TABLE audit.cubes (c audit.cube)", inside=APP)
    with pytest.raises(ProviderError, match="other objects depend on it"):
        provider.delete(cube)
    provider.delete(provider.update(cube, {**cube.inputs, "dropCascade": True}))
    assert provider.drift(cube) is None
    server.behind("DROP TABLE audit.cubes", inside=APP)
