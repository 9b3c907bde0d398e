"""Property paths: the values they lead to, and those at which two values differ."""

from __future__ import annotations

import pytest

from engine.property_paths import differences, member, top_level, value_at
from engine.wire_format import MASK, SECRET, SIGNATURE


def secret(ciphertext: str) -> dict[str, str]:
    return {SIGNATURE: SECRET, "ciphertext": ciphertext}


def test_a_path_leads_through_mappings_lists_and_quoted_keys() -> None:
    value = {"tags": {"a.b": 1}, "rules": [{"port": 5}]}
    assert value_at(value, 'tags["a.b"]') == 1
    assert value_at(value, "rules[0].port") == 5
    assert value_at(value, "rules[3].port") is None
    assert value_at(value, "port.number") is None


def test_values_differ_at_the_deepest_path_and_at_a_list_of_another_length() -> None:
    old = {"tags": {"Name": "a", "a.b": 1}, "rules": [{"port": 5}, {"port": 6}], "zones": [1]}
    new = {"tags": {"Name": "b", "a.b": 2}, "rules": [{"port": 5}, {"port": 7}], "zones": [1, 2]}
    assert list(differences(old, new)) == [
        ("rules[1].port", 6, 7),
        ("tags.Name", "a", "b"),
        ('tags["a.b"]', 1, 2),
        ("zones", [1], [1, 2]),
    ]


def test_every_reported_path_leads_to_the_value_that_differs() -> None:
    old, new = {"a": {"b.c": [{"d": 1}]}}, {"a": {"b.c": [{"d": 2}]}}
    ((path, before, after),) = differences(old, new)
    assert (value_at(old, path), value_at(new, path)) == (before, after) == (1, 2)


def test_secrets_are_masked_at_every_depth() -> None:
    assert list(differences({"a": secret("x")}, {"a": secret("y")})) == [("a", MASK, MASK)]
    assert list(differences({"a": [secret("x")]}, {})) == [("a", [MASK], None)]


def test_internal_properties_are_not_compared() -> None:
    assert list(differences({"__provider": "a"}, {"__provider": "b"})) == []


@pytest.mark.parametrize("path", ["tags", "tags.Name", "tags[0]", 'tags["a.b"].c'])
def test_a_path_begins_with_its_top_level_property(path: str) -> None:
    assert top_level(path) == "tags"


def test_a_key_that_is_no_identifier_is_quoted() -> None:
    assert member("", "tags") == "tags"
    assert member("tags", "Name") == "tags.Name"
    assert member("tags", "a.b") == 'tags["a.b"]'
