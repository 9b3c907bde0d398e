"""Inputs before anything is registered: defaults, generated names, faults."""

from __future__ import annotations

from sandbox.providers import check
from sandbox.providers.resource_type import Property, ResourceType
from sandbox.providers.wire import Properties

SEED = b"\x0a\xbc\xde\xf0\x12"


class Named(ResourceType[None]):
    token = "toy:index:Named"
    named_by, autonames = "name", True
    properties = {
        "name": Property(),
        "size": Property(required=True),
        "kind": Property(default="plain"),
        "address": Property(output=True, default="never"),
    }

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        return [("size", "must be 1 or more")] if inputs["size"] < 1 else []


class Unnamed(Named):
    autonames = False


def completed(inputs: Properties, old: Properties | None = None) -> Properties:
    return check.completed(Named(), inputs, old or {}, "logical", SEED)


def test_defaults_fill_what_is_left_out_or_none_and_outputs_stay_out() -> None:
    assert completed({"name": "a", "kind": None}) == {"name": "a", "kind": "plain"}
    assert completed({"name": "a", "kind": "odd"})["kind"] == "odd"


def test_a_generated_name_is_the_logical_one_with_seven_digits_and_is_marked() -> None:
    assert completed({})["name"] == "logical-0abcdef"
    assert completed({})["__defaults"] == ["name"]


def test_a_generated_name_is_kept_and_a_given_one_is_no_generated_one() -> None:
    old = {"name": "logical-fffffff", "__defaults": ["name"]}
    assert completed({}, old)["name"] == "logical-fffffff"
    assert completed({}, {"name": "was-given"})["name"] == "logical-0abcdef"
    assert "__defaults" not in completed({"name": "given"}, old)


def test_a_kind_without_generated_names_has_none() -> None:
    assert "name" not in check.completed(Unnamed(), {}, {}, "logical", SEED)


def test_an_unknown_property_is_named_with_the_nearest_known_one() -> None:
    faults = check.faults(Named(), {"size": 1, "szie": 2, "quite other": 1})
    assert [key for key, _ in faults] == ["quite other", "szie"]
    assert faults[1][1].endswith("; did you mean size?")
    assert "did you mean" not in faults[0][1]


def test_an_output_is_no_input() -> None:
    assert [key for key, _ in check.faults(Named(), {"size": 1, "address": "x"})] == ["address"]


def test_a_required_property_is_missed() -> None:
    assert check.faults(Named(), {}) == [("size", "toy:index:Named requires this property")]


def test_the_kinds_own_rules_come_last_and_see_only_complete_inputs() -> None:
    assert check.faults(Named(), {"size": 0}) == [("size", "must be 1 or more")]


def test_the_mark_of_a_generated_name_is_no_fault() -> None:
    assert check.faults(Named(), {"size": 1, "__defaults": ["name"]}) == []
