"""The random provider over its real protocol: what is drawn, what is secret, what draws anew."""

from __future__ import annotations

import base64
import string
from collections.abc import Iterator

import pytest

from sandbox.providers.random.__main__ import PROVIDER
from sandbox.providers.wire import UNKNOWN, Properties
from tests.sandbox.providers.engine_client import Engine, Live, ProviderError, engine

PASSWORD = "random:index/randomPassword:RandomPassword"
STRING = "random:index/randomString:RandomString"
BYTES = "random:index/randomBytes:RandomBytes"
ID = "random:index/randomId:RandomId"

SPECIAL = set("!@#$%&*()-_=+[]{}<>:?")
EXAMPLES: dict[str, Properties] = {
    PASSWORD: {"length": 40},
    STRING: {"length": 12},
    BYTES: {"length": 16},
    ID: {"byteLength": 8},
}


@pytest.fixture(scope="module")
def random() -> Iterator[Engine]:
    with engine(PROVIDER) as speaking:
        yield speaking


def test_every_type_has_an_example() -> None:
    assert set(EXAMPLES) == set(PROVIDER.resource_types)


@pytest.mark.parametrize("token", EXAMPLES)
def test_a_drawn_value_stays_through_refresh_and_shows_no_difference(
    random: Engine, token: str
) -> None:
    live = random.create(token, EXAMPLES[token])
    seen = random.read(live)
    assert seen is not None
    assert seen.state == live.state
    assert seen.secrets == live.secrets
    assert random.drift(live) == set()
    random.delete(live)


@pytest.mark.parametrize("token", EXAMPLES)
def test_two_draws_differ(random: Engine, token: str) -> None:
    first, second = (random.create(token, EXAMPLES[token]) for _ in range(2))
    assert first.state != second.state


@pytest.mark.parametrize("token", EXAMPLES)
def test_keepers_draw_anew_and_an_update_is_never_asked_for(random: Engine, token: str) -> None:
    kept = {**EXAMPLES[token], "keepers": {"generation": "1"}}
    live = random.create(token, kept)
    assert random.diff(live, kept) == (set(), set())
    paths, replaces = random.diff(live, {**kept, "keepers": {"generation": "2"}})
    assert paths == replaces == {"keepers.generation"}


@pytest.mark.parametrize("token", EXAMPLES)
def test_every_input_replaces_and_says_why(token: str) -> None:
    resource_type = PROVIDER.resource_types[token]
    assert all(resource_type.properties[name].replaces for name in resource_type.inputs)


@pytest.mark.parametrize("token", EXAMPLES)
def test_a_preview_knows_the_inputs_and_none_of_the_drawn_values(
    random: Engine, token: str
) -> None:
    planned = random.preview_create(token, EXAMPLES[token])
    outputs = (
        PROVIDER.resource_types[token].properties.keys() - PROVIDER.resource_types[token].inputs
    )
    assert outputs
    assert all(planned[name] is UNKNOWN for name in outputs)


def test_passwords_and_bytes_are_secret_and_their_ids_do_not_tell_them(random: Engine) -> None:
    password, drawn = (random.create(token, EXAMPLES[token]) for token in (PASSWORD, BYTES))
    assert password.secrets == {"result"}
    assert drawn.secrets == {"base64", "hex"}
    assert password.id == "none"
    for live, name in ((password, "result"), (drawn, "base64"), (drawn, "hex")):
        assert live.state[name] not in live.id
        assert live.id not in live.state[name]


def test_strings_and_ids_are_no_secret(random: Engine) -> None:
    assert random.create(STRING, EXAMPLES[STRING]).secrets == set()
    assert random.create(ID, EXAMPLES[ID]).secrets == set()


def test_a_password_has_its_length_and_at_least_the_wanted_number_of_each_class(
    random: Engine,
) -> None:
    minima = {"minLower": 2, "minUpper": 3, "minNumeric": 4, "minSpecial": 1}
    for _ in range(20):
        live = random.create(PASSWORD, {"length": 10, "overrideSpecial": "-_", **minima})
        result = live.state["result"]
        assert len(result) == 10
        for characters, least in zip(
            (string.ascii_lowercase, string.ascii_uppercase, string.digits, "-_"),
            minima.values(),
            strict=True,
        ):
            assert sum(character in characters for character in result) >= least


def test_a_class_that_is_switched_off_is_not_drawn(random: Engine) -> None:
    asked = {"length": 200, "special": False, "upper": False, "lower": False}
    assert set(random.create(STRING, asked).state["result"]) <= set(string.digits)
    specials = {"length": 200, "numeric": False, "upper": False, "lower": False}
    assert set(random.create(STRING, specials).state["result"]) <= SPECIAL


def test_bytes_and_ids_say_one_value_in_several_notations(random: Engine) -> None:
    drawn = random.create(BYTES, {"length": 16}).state
    assert base64.b64decode(drawn["base64"]) == bytes.fromhex(drawn["hex"])
    assert len(bytes.fromhex(drawn["hex"])) == 16
    live = random.create(ID, {"byteLength": 5, "prefix": "nexusflow-"})
    named = {key: live.state[key].removeprefix("nexusflow-") for key in ("hex", "dec", "b64Std")}
    value = bytes.fromhex(named["hex"])
    assert len(value) == 5
    assert int(named["dec"]) == int.from_bytes(value)
    assert base64.b64decode(named["b64Std"]) == value
    assert live.state["b64Url"] == "nexusflow-" + live.id
    assert base64.urlsafe_b64decode(live.id + "=") == value


@pytest.mark.parametrize(
    ("token", "inputs", "fault"),
    [
        (PASSWORD, {}, ("length", "requires this property")),
        (PASSWORD, {"length": 0}, ("length", "must be at least 1")),
        (PASSWORD, {"length": 5, "minLower": 3, "minUpper": 3}, ("length", "at least 6")),
        (
            PASSWORD,
            {"length": 5, "special": False, "upper": False, "lower": False, "numeric": False},
            ("special", "at least one class"),
        ),
        (PASSWORD, {"length": 5, "number": False}, ("number", "did you mean numeric?")),
        (BYTES, {"length": 0}, ("length", "must be at least 1")),
        (ID, {"byteLength": 0}, ("byteLength", "must be at least 1")),
    ],
)
def test_what_cannot_be_drawn_is_refused_before(
    random: Engine, token: str, inputs: Properties, fault: tuple[str, str]
) -> None:
    _, failures = random.check(token, inputs)
    assert set(failures) == {fault[0]}
    assert fault[1] in failures[fault[0]]


@pytest.mark.parametrize("token", EXAMPLES)
def test_a_length_that_is_not_known_yet_passes_the_check(random: Engine, token: str) -> None:
    size = next(iter(EXAMPLES[token]))
    assert random.check(token, {size: UNKNOWN})[1] == {}


def test_an_import_is_refused_because_only_the_state_holds_the_value(random: Engine) -> None:
    with pytest.raises(ProviderError, match="cannot be imported"):
        random.read(Live(PASSWORD, "a-secret-as-id", {}, {}))
