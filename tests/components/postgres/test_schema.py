"""The resources inside the database as registered: order, privileges, dynamic resources."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from components.postgres.dynamic import (
    CatalogReconcilerProvider,
    MigrationsProvider,
    ObjectOwnershipProvider,
)
from components.postgres.dynamic_properties import settings_of
from database import migration_files
from tests.components.recording import ROOT, Run, run_program

GRANT = "postgresql:index/grant:Grant"
DEFAULTS = "postgresql:index/defaultPrivileges:DefaultPrivileges"
SCHEMA = "postgresql:index/schema:Schema"
MIGRATIONS = "pulumi-python:dynamic/database:Migrations"
OWNERS = "pulumi-python:dynamic/database:ObjectOwnership"
CATALOG = "pulumi-python:dynamic/database:CatalogReconciler"
CHAINED = (SCHEMA, "postgresql:index/extension:Extension", DEFAULTS, MIGRATIONS, GRANT, CATALOG)


@pytest.fixture(scope="module")
def main() -> Run:
    return run_program(ROOT, "production")


def test_steps_run_one_at_a_time_and_the_catalog_reconciler_last(main: Run) -> None:
    steps = [each for each in main.resources if each.token in CHAINED]
    waits = {
        (each.token, each.name): {
            resource
            for urn in each.request.dependencies
            if (resource := _type_and_name(urn))[0] in CHAINED
        }
        for each in steps
    }
    ordered: list[str] = []
    done: set[tuple[str, str]] = set()
    while len(done) < len(steps):
        ready = [step for step, before in waits.items() if step not in done and before <= done]
        assert len(ready) == 1, "one at a time"
        ordered.append(ready[0][0])
        done.add(ready[0])
    assert ordered[-1] == CATALOG
    assert ordered.index(MIGRATIONS) < ordered.index(GRANT)
    assert ordered.index(DEFAULTS) < ordered.index(MIGRATIONS)


def _type_and_name(urn: str) -> tuple[str, str]:
    _, _, types, name = urn.split("::")
    return types.rpartition("$")[2], name


def test_privileges_are_listed_and_never_all_or_truncate(main: Run) -> None:
    granted = [*main.all(GRANT), *main.all(DEFAULTS)]
    assert len(granted) > 10
    for each in granted:
        assert each.inputs["privileges"]
        assert not {"ALL", "TRUNCATE", "REFERENCES", "TRIGGER"} & set(each.inputs["privileges"])
        assert each.inputs.get("withGrantOption") in (None, False)


def test_tables_are_granted_by_name(main: Run) -> None:
    tables = [each for each in main.all(GRANT) if each.inputs["objectType"] == "table"]
    assert {each.inputs["role"] for each in tables} == {
        "nexusflow_app",
        "nexusflow_readonly",
        "nexusflow_admin",
    }
    for each in tables:
        assert each.inputs["objects"] == ["contacts", "organizations", "plans", "users"]


def test_the_documented_privileges_are_granted(main: Run) -> None:
    rights = {
        (each.inputs["role"], each.inputs["objectType"], each.inputs.get("schema", "")): set(
            each.inputs["privileges"]
        )
        for each in main.all(GRANT)
    }
    assert rights["nexusflow_app", "table", "public"] == {"SELECT", "INSERT", "UPDATE", "DELETE"}
    assert rights["nexusflow_app", "sequence", "public"] == {"USAGE"}
    assert rights["nexusflow_readonly", "table", "public"] == {"SELECT"}
    assert rights["nexusflow_admin", "database", ""] == {"CREATE", "CONNECT", "TEMPORARY"}


def test_the_owner_owns_the_database_and_its_schemas_and_does_not_log_in(main: Run) -> None:
    owner = "nexusflow_migrator"
    role = main.one("postgresql:index/role:Role", f"database-{owner}")
    assert role.inputs.get("login") is False
    assert "password" not in role.inputs
    assert main.one("postgresql:index/database:Database").inputs["owner"] == owner
    assert {each.inputs["owner"] for each in main.all(SCHEMA)} == {owner}
    assert {each.inputs["name"] for each in main.all(SCHEMA)} == {"workflow", "analytics", "audit"}


@pytest.mark.parametrize("token", [OWNERS, MIGRATIONS, CATALOG])
def test_dynamic_providers_are_pickled_by_name_and_passwords_are_secret(
    main: Run, token: str
) -> None:
    resource = main.one(token)
    assert resource.is_secret("password")
    assert len(str(resource.inputs["__provider"])) < 200
    assert "password" in resource.request.additionalSecretOutputs
    if token == CATALOG:
        assert resource.is_secret("passwords")
        assert resource.is_secret("verifiers")
        assert {"passwords", "verifiers"} <= set(resource.request.additionalSecretOutputs)


INPUTS: Mapping[str, Any] = {
    "host": "db",
    "port": 5432,
    "database": "nexusflow",
    "user": "master",
    "password": "x",
}


def test_migrations_differ_when_a_file_is_added_and_when_the_history_differs() -> None:
    news = {**INPUTS, "owner": "o", "migrations": {"a": "1"}}
    olds = {**news, "applied": {"a": "1"}}
    diff = MigrationsProvider().diff
    assert diff("id", olds, news).changes is False
    assert diff("id", olds, {**news, "migrations": {"a": "1", "b": "2"}}).changes is True
    assert diff("id", {**olds, "applied": {}}, news).changes is True
    assert not diff("id", olds, {**news, "host": "other"}).replaces


def test_the_catalog_reconciler_differs_on_drift_and_on_changed_code() -> None:
    news = {**INPUTS, "settings": "{}", "passwords": {}, "verifiers": {}, "after": {}}
    olds = {**news, "drift": {}}
    diff = CatalogReconcilerProvider().diff
    assert diff("id", olds, news).changes is False
    assert diff("id", {**olds, "drift": {"public.users": {}}}, news).changes is True
    assert diff("id", olds, {**news, "settings": "{1}"}).changes is True


@pytest.mark.parametrize(
    "kind", [MigrationsProvider, ObjectOwnershipProvider, CatalogReconcilerProvider]
)
def test_deleting_a_dynamic_resource_changes_nothing_in_the_database(kind: type[Any]) -> None:
    # there is nothing at this address: a connection would fail
    kind().delete("id", {**INPUTS, "host": "127.0.0.1", "port": 1})


def test_the_program_passes_the_repositorys_migrations(main: Run) -> None:
    files = dict(migration_files.checksums(migration_files.load()))
    assert main.one(MIGRATIONS).inputs["migrations"] == files
    stated = settings_of(main.one(CATALOG).inputs)
    assert json.loads(main.one(CATALOG).inputs["settings"])["owner"] == stated.owner
