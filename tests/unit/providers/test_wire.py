"""Property values on the wire: secrets, unknowns, and plain values that come back as they were."""

from __future__ import annotations

import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as some

from sandbox.providers import wire
from sandbox.providers.wire import UNKNOWN

_SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
_ASSET = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17"}

keys = some.text(min_size=1, max_size=8)
values = some.recursive(
    some.booleans()
    | some.integers(-(2**53), 2**53)
    | some.floats(allow_nan=False, allow_infinity=False)
    | some.text()
    | some.just(UNKNOWN),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(keys, inner, max_size=3),
    max_leaves=10,
)


@given(some.dictionaries(keys, values, max_size=4), some.data())
def test_properties_come_back_as_they_were_sent(
    properties: wire.Properties, data: some.DataObject
) -> None:
    secrets = data.draw(some.sets(some.sampled_from(sorted(properties)))) if properties else set()
    assert wire.loads(wire.dumps(properties, secrets)) == (properties, secrets)


def test_whole_numbers_are_integers_and_others_are_not() -> None:
    loaded, _ = wire.loads(wire.dumps({"port": 5432, "share": 0.5}))
    assert loaded == {"port": 5432, "share": 0.5}
    assert isinstance(loaded["port"], int)


def test_a_secret_deep_inside_makes_its_top_level_property_one() -> None:
    struct = struct_pb2.Struct()
    struct.update({"open": 1, "nested": {"list": [{**_SECRET, "value": "hidden"}]}})
    assert wire.loads(struct) == ({"open": 1, "nested": {"list": ["hidden"]}}, {"nested"})


def test_none_is_left_out() -> None:
    assert wire.loads(wire.dumps({"a": None, "b": {"c": None, "d": 1}}, {"a"})) == (
        {"b": {"d": 1}},
        set(),
    )


def test_assets_are_refused_by_the_property_that_holds_one() -> None:
    struct = struct_pb2.Struct()
    struct.update({"code": _ASSET})
    with pytest.raises(ValueError, match="property code"):
        wire.loads(struct)


def test_what_is_no_property_value_is_refused() -> None:
    with pytest.raises(TypeError, match="bytes"):
        wire.dumps({"a": b"raw"})


def test_an_unknown_is_found_at_any_depth() -> None:
    assert wire.has_unknown({"a": [{"b": UNKNOWN}]})
    assert not wire.has_unknown({"a": [{"b": "known"}]})


def test_the_strings_to_strike_out_are_found_at_any_depth() -> None:
    assert wire.strings_in({"a": ["x", {"b": "y"}], "c": 1}) == {"x", "y"}
