"""What an update would change: the comparison of a state with the wanted inputs."""

from __future__ import annotations

import pytest

from sandbox.providers.diff import Difference, changed_properties, differences
from sandbox.providers.resource_type import Property, ResourceType
from sandbox.providers.wire import UNKNOWN, Properties


class Thing(ResourceType[None]):
    token = "toy:index:Thing"
    properties = {
        "name": Property(replaces="names are for life"),
        "size": Property(default=1),
        "tags": Property(),
        "rows": Property(),
        "members": Property(unordered=True),
        "zone": Property(computed=True),
        "address": Property(output=True),
    }


def found(state: Properties, inputs: Properties) -> list[tuple[str, str]]:
    return [(item.path, item.change) for item in differences(Thing(), state, inputs)]


@pytest.mark.parametrize(
    ("state", "inputs", "paths"),
    [
        ({"size": 1}, {"size": 1}, []),
        ({"size": 1}, {"size": 2}, [("size", "update")]),
        ({}, {"size": 2}, [("size", "add")]),
        ({"size": 1}, {}, [("size", "delete")]),
        # leaving out says as much as nothing
        ({"tags": {}}, {}, []),
        ({}, {"tags": {}, "rows": [], "name": ""}, []),
        # but zero and false say something
        ({}, {"size": 0}, [("size", "add")]),
        # by key, by place, by membership
        (
            {"tags": {"Gone": "1", "Kept": "1", "aws:x": "1"}},
            {"tags": {"Kept": "2", "New": "1", "aws:x": "2"}},
            [
                ("tags.Gone", "delete"),
                ("tags.Kept", "update"),
                ("tags.New", "add"),
                ('tags["aws:x"]', "update"),
            ],
        ),
        ({"rows": [1, 2, 3]}, {"rows": [1, 4]}, [("rows[1]", "update"), ("rows[2]", "delete")]),
        (
            {"rows": [{"name": "a", "value": "1"}]},
            {"rows": [{"name": "a", "value": "2"}, {"name": "b"}]},
            [("rows[0].value", "update"), ("rows[1]", "add")],
        ),
        ({"members": ["a", "b"]}, {"members": ["b", "a"]}, []),
        ({"members": ["a", "b"]}, {"members": ["b", "c", "d"]},
         [("members[1]", "add"), ("members[2]", "add"), ("members[0]", "delete")]),
        ({"members": ["a"]}, {"members": ["b"]}, [("members[0]", "update")]),
        # an output is never compared, a computed input only when it is given
        ({"address": "1", "zone": "a"}, {}, []),
        ({"zone": "a"}, {"zone": "b"}, [("zone", "update")]),
        # what is not known yet may differ
        ({"size": 1}, {"size": UNKNOWN}, [("size", "update")]),
    ],
)  # fmt: skip
def test_differences_are_named_by_path_and_kind(
    state: Properties, inputs: Properties, paths: list[tuple[str, str]]
) -> None:
    assert found(state, inputs) == paths


def test_a_change_behind_the_engines_back_shows_where_the_program_says_nothing() -> None:
    assert found({"tags": {"Foreign": "1"}}, {}) == [("tags", "delete")]


def test_a_property_that_replaces_says_so_on_every_path() -> None:
    assert differences(Thing(), {"name": "a", "size": 1}, {"name": "b", "size": 2}) == [
        Difference("name", "update", replaces=True),
        Difference("size", "update", replaces=False),
    ]


def test_changed_properties_are_the_heads_of_the_paths() -> None:
    paths = ["tags.Environment", 'tags["aws:x"]', "rows[1].value", "size"]
    items = [Difference(path, "update", replaces=False) for path in paths]
    assert changed_properties(items) == {"tags", "rows", "size"}
