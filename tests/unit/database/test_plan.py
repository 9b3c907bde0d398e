"""The plan as arithmetic: equal catalogs give none, one altered fact gives that one."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from config import load
from config.settings.database import DatabaseSettings
from config.settings.stack import Settings
from database import plan as plans
from database.catalog import (
    DEFAULTS,
    Catalog,
    DatabaseObject,
    Entity,
    ObjectType,
    Policy,
    Privilege,
    role,
)
from database.desired_catalog import desired
from database.facts import Facts
from database.quoting import identifier, literal
from database.repairs import By, Writer
from sandbox.paths import PROJECT_ROOT


def _database() -> DatabaseSettings:
    read = load.read(PROJECT_ROOT / "Pulumi.production.yaml")
    assert isinstance(read, Settings)
    return read.database


DATABASE = _database()
WANTED = desired(DATABASE)
DECLARED = sorted(WANTED)

names = st.text(min_size=1, max_size=12).filter(lambda text: "\x00" not in text)
privileges = st.builds(Privilege, names, st.sampled_from(["SELECT", "UPDATE"]), st.just("") | names)
policies = st.builds(
    Policy,
    st.sampled_from(["ALL", "SELECT", "INSERT"]),
    st.booleans(),
    st.lists(names, min_size=1, max_size=3, unique=True).map(tuple),
    st.none() | names,
    st.none() | names,
)


@st.composite
def entities(draw: st.DrawFn, kind: ObjectType) -> Entity:
    defaults, is_role = DEFAULTS.get(kind, {}), kind is ObjectType.ROLE
    attributes = {name: f"not {value}" for name, value in defaults.items() if draw(st.booleans())}
    return Entity(
        owner="" if is_role else draw(names),
        attributes=attributes,
        settings=draw(st.dictionaries(names, names, max_size=3)),
        memberships=draw(st.dictionaries(names, st.booleans(), max_size=3 * is_role)),
        grants=draw(st.dictionaries(privileges, st.booleans(), max_size=3 - 3 * is_role)),
        policies=draw(st.dictionaries(names, policies, max_size=2 - 2 * is_role)),
    )


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    found = {}
    for kind in (ObjectType.TABLE, ObjectType.ROLE):
        for name in draw(st.lists(names, max_size=3, unique=True)):
            parts = ("public", name) if kind is ObjectType.TABLE else (name,)
            found[DatabaseObject(kind, parts)] = draw(entities(kind))
    return found


def compare(wanted: Catalog, found: Catalog) -> list[plans.Difference]:
    return list(plans.compare(wanted, found, Writer(Facts(found), "master")))


@given(catalogs())
def test_a_catalog_does_not_differ_from_itself(catalog: Catalog) -> None:
    assert compare(catalog, catalog) == []


@settings(deadline=None)
@given(catalogs(), catalogs())
def test_every_difference_is_reported_once_with_two_different_values(
    one: Catalog, other: Catalog
) -> None:
    found = compare(one, other)
    places = [(each.resource, each.path) for each in found]
    assert len(places) == len(set(places))
    assert all(each.expected != each.actual for each in found)


@given(st.sampled_from(DECLARED), privileges, st.booleans())
def test_a_grant_beside_the_declared_ones_is_the_one_difference(
    resource: DatabaseObject, privilege: Privilege, option: bool
) -> None:
    entity = WANTED[resource]
    if resource.kind in (ObjectType.ROLE, ObjectType.EXTENSION) or privilege in entity.grants:
        return
    altered = replace(entity, grants={**entity.grants, privilege: option})
    found = compare(WANTED, {**WANTED, resource: altered})
    assert [(each.resource, each.path) for each in found] == [(resource, privilege.path)]


@given(st.sampled_from(DECLARED))
def test_what_is_missing_is_one_difference(resource: DatabaseObject) -> None:
    found = compare(WANTED, {each: WANTED[each] for each in WANTED if each != resource})
    if resource.kind is ObjectType.DEFAULT:
        assert {each.path for each in found} == {each.path for each in WANTED[resource].grants}
    else:
        assert [(each.resource, each.path) for each in found] == [(resource, "exists")]


def test_the_catalog_as_it_should_be_needs_no_plan() -> None:
    assert plans.plan(DATABASE, Facts(WANTED)) == ()


def test_only_a_superuser_takes_back_what_makes_or_belongs_to_one() -> None:
    app = role("nexusflow_app")
    attributes = {**WANTED[app].attributes, "superuser": "true", "createdb": "true"}
    altered = {**WANTED, app: replace(WANTED[app], attributes=attributes)}
    assert {each.repair.by for each in plans.plan(DATABASE, Facts(altered))} == {By.SUPERUSER}


def test_rights_that_the_master_lacks_are_lent_to_it_for_the_repair() -> None:
    users = DatabaseObject(ObjectType.TABLE, ("public", "users"))
    altered = {**WANTED, users: replace(WANTED[users], owner="nexusflow_app")}
    (difference,) = plans.plan(DATABASE, Facts(altered))
    assert difference.repair.statements == (
        'GRANT "nexusflow_app" TO "nexusflow_master"',
        'ALTER TABLE "public"."users" OWNER TO "nexusflow_migrator"',
        'REVOKE "nexusflow_app" FROM "nexusflow_master"',
    )


def test_names_and_values_are_quoted() -> None:
    assert identifier('a"b') == '"a""b"'
    assert literal("it's") == "'it''s'"
    assert literal("a\\'b") == " E'a\\\\''b'"
