"""The plan: all differences between desired and observed catalog. Without drift, it is empty."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TypeVar

from config.settings.database import DatabaseSettings
from database import desired_catalog, repairs
from database.catalog import DEFAULTS, Catalog, DatabaseObject, Entity, ObjectType, Policy
from database.facts import Facts
from database.repairs import Repair

K = TypeVar("K")

ABSENT = "absent"
GRANTED = {False: "granted", True: "granted with grant option"}
MEMBER = {False: "member", True: "member with admin option"}
ACCEPTED_UNDECLARED = frozenset(
    {ObjectType.ROLE, ObjectType.FUNCTION, ObjectType.DEFAULT, ObjectType.SEQUENCE}
)
"""Types whose undeclared objects are not differences themselves: only their privileges are.

Undeclared objects lose their privileges but are never dropped.
"""


class Class(StrEnum):
    DRIFT = "drift"
    UNMANAGED = "unmanaged"
    """Undeclared: created outside the code."""


@dataclass(frozen=True)
class Difference:
    """One fact that differs from the desired state, and its repair."""

    resource: DatabaseObject
    path: str
    expected: str
    actual: str
    repair: Repair
    class_: Class = Class.DRIFT

    def __str__(self) -> str:
        return f"{self.resource} {self.path}: expected {self.expected}, found {self.actual}"


def plan(database: DatabaseSettings, facts: Facts) -> tuple[Difference, ...]:
    """All differences, in an order in which they can be repaired."""
    found = {
        resource: entity
        for resource, entity in facts.catalog.items()
        if not _ignored(str(resource), database.ignored)
    }
    wanted = desired_catalog.desired(database, found)
    writer = repairs.Writer(facts, database.master.name)
    differences = (
        difference
        for difference in compare(wanted, found, writer)
        if not _ignored(f"{difference.resource} {difference.path}", database.ignored)
    )
    return tuple(sorted(differences, key=_order))


def compare(wanted: Catalog, found: Catalog, writer: repairs.Writer) -> Iterator[Difference]:
    """The differences, object by object. A catalog compared with itself has none."""
    for resource in sorted({*wanted, *found}):
        expected, actual = wanted.get(resource), found.get(resource)
        if actual is None and resource.kind is ObjectType.DEFAULT:
            actual = Entity()  # PostgreSQL stores no row for empty default privileges
        if actual is None and expected is not None:
            repair = writer.missing(resource, expected)
            yield Difference(resource, "exists", "present", ABSENT, repair)
        elif actual is not None and expected is None:
            yield from _undeclared(resource, actual, writer)
        elif actual is not None and expected is not None:
            yield from _declared(resource, expected, actual, writer)


def _undeclared(
    resource: DatabaseObject, actual: Entity, writer: repairs.Writer
) -> Iterator[Difference]:
    if resource.kind not in ACCEPTED_UNDECLARED:
        repair = writer.unwanted(resource)
        yield Difference(resource, "exists", ABSENT, "present", repair, Class.UNMANAGED)
    # its policies and, unless it is a role, its settings are accepted as they are
    settings = {} if resource.kind is ObjectType.ROLE else actual.settings
    bare = Entity(owner=actual.owner, settings=settings, policies=actual.policies)
    if resource.kind in (ObjectType.TABLE, ObjectType.VIEW):
        bare = Entity(actual.owner, actual.attributes, settings, policies=actual.policies)
    for each in _declared(resource, bare, actual, writer):
        yield Difference(
            each.resource, each.path, each.expected, each.actual, each.repair, Class.UNMANAGED
        )


def _declared(
    resource: DatabaseObject, expected: Entity, actual: Entity, writer: repairs.Writer
) -> Iterator[Difference]:
    if expected.owner != actual.owner:
        yield Difference(
            resource,
            "owner",
            expected.owner,
            actual.owner,
            writer.owner(resource, expected.owner, actual.owner),
        )
    defaults = DEFAULTS.get(resource.kind, {})
    for name in _differing(expected.attributes, actual.attributes):
        want, have = (each.attributes.get(name, defaults[name]) for each in (expected, actual))
        repair = writer.attribute(resource, actual, name, want)
        yield Difference(resource, f"attribute/{name}", want, have, repair)
    for name in _differing(expected.settings, actual.settings):
        want_setting, have_setting = expected.settings.get(name), actual.settings.get(name)
        yield Difference(
            resource,
            f"setting/{name}",
            ABSENT if want_setting is None else want_setting,
            ABSENT if have_setting is None else have_setting,
            writer.setting(resource, actual, name, want_setting),
        )
    for group in _differing(expected.memberships, actual.memberships):
        want_member, have_member = expected.memberships.get(group), actual.memberships.get(group)
        yield Difference(
            resource,
            f"membership/{group}",
            ABSENT if want_member is None else MEMBER[want_member],
            ABSENT if have_member is None else MEMBER[have_member],
            writer.membership(resource, group, want_member, have_member),
        )
    for privilege in _differing(expected.grants, actual.grants):
        want_grant, have_grant = expected.grants.get(privilege), actual.grants.get(privilege)
        yield Difference(
            resource,
            privilege.path,
            ABSENT if want_grant is None else GRANTED[want_grant],
            ABSENT if have_grant is None else GRANTED[have_grant],
            writer.grant(resource, actual, privilege, want_grant, have_grant),
        )
    for name in _differing(expected.policies, actual.policies):
        yield from _policy(resource, actual, name, expected, writer)


def _policy(
    resource: DatabaseObject, actual: Entity, name: str, expected: Entity, writer: repairs.Writer
) -> Iterator[Difference]:
    want, have = expected.policies.get(name), actual.policies.get(name)
    path = f"policy/{name}"
    repair = writer.policy(resource, actual, name, want)
    if want is None or have is None:
        yield Difference(resource, path, _in_words(want), _in_words(have), repair)
        return
    wanted, found = want.attributes(), have.attributes()
    for attribute in _differing(wanted, found):
        expects, finds = wanted[attribute] or ABSENT, found[attribute] or ABSENT
        yield Difference(resource, f"{path}/{attribute}", expects, finds, repair)


def _in_words(policy: Policy | None) -> str:
    if policy is None:
        return ABSENT
    kind = "" if policy.permissive else "AS RESTRICTIVE "
    text = f"{kind}FOR {policy.command} TO {', '.join(policy.roles)}"
    text += f" USING ({policy.using})" if policy.using else ""
    return text + (f" WITH CHECK ({policy.check})" if policy.check else "")


def _differing(expected: Mapping[K, object], actual: Mapping[K, object]) -> Iterable[K]:
    keys = {*expected, *actual}
    return sorted(key for key in keys if expected.get(key) != actual.get(key))  # type: ignore[type-var]


def _ignored(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


_STEPS = ("exists", "owner", "attribute", "policy", "setting", "membership", "grant")


def _order(difference: Difference) -> tuple[int, DatabaseObject, str]:
    step = difference.path.partition("/")[0]
    return _STEPS.index(step), difference.resource, difference.path
