"""The sandbox's `random` provider: values generated once and then kept in the state."""

from __future__ import annotations

import base64
import hashlib
import secrets
import string
from importlib.metadata import version
from typing import Any

from sandbox.providers.provider import Provider, table
from sandbox.providers.resource_type import Created, Property
from sandbox.providers.serve import serve
from sandbox.providers.state_only import StateOnly
from sandbox.providers.wire import Properties, has_unknown

# Every argument of the provider's resources replaces them (RequiresReplace in
# hashicorp/terraform-provider-random, internal/provider/resource_*.go). Two of their properties
# are missing: bcryptHash, as Python's library has no bcrypt, and the deprecated `number`.
DRAWN = "RequiresReplace in terraform-provider-random: a drawn value never changes"
KEEPERS = Property(replaces=DRAWN)
_CLASSES = {
    "lower": string.ascii_lowercase,
    "upper": string.ascii_uppercase,
    "numeric": string.digits,
    "special": "!@#$%&*()-_=+[]{}<>:?",
}


def _draw_properties(secret: bool) -> dict[str, Property]:
    switches = {name: Property(default=True, replaces=DRAWN) for name in _CLASSES}
    minima = {_minimum(name): Property(default=0, replaces=DRAWN) for name in _CLASSES}
    return {
        "length": Property(required=True, replaces=DRAWN),
        **switches,
        **minima,
        "overrideSpecial": Property(replaces=DRAWN),
        "keepers": KEEPERS,
        "result": Property(output=True, secret=secret),
    }


def drawn_text(inputs: Properties) -> str:
    """A text of the given length with at least the given number of characters of each class.

    As in the real provider, a minimum applies even if its class is disabled.
    """
    classes = {**_CLASSES, "special": inputs.get("overrideSpecial") or _CLASSES["special"]}
    drawn = [
        secrets.choice(characters)
        for name, characters in classes.items()
        for _ in range(inputs[_minimum(name)])
    ]
    allowed = "".join(characters for name, characters in classes.items() if inputs[name])
    drawn += [secrets.choice(allowed) for _ in range(inputs["length"] - len(drawn))]
    secrets.SystemRandom().shuffle(drawn)
    return "".join(drawn)


def _minimum(name: str) -> str:
    return f"min{name.capitalize()}"


class _Text(StateOnly):
    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        if not any(inputs[name] for name in _CLASSES):
            return [("special", "at least one class of characters has to be allowed")]
        minima = [inputs[_minimum(name)] for name in _CLASSES]
        if has_unknown([inputs["length"], *minima]):
            return []
        least = max(1, sum(minima))
        if inputs["length"] < least:
            return [("length", f"must be at least {least}: 1, and the sum of the minima")]
        return []


class RandomPassword(_Text):
    token = "random:index/randomPassword:RandomPassword"
    properties = _draw_properties(secret=True)

    def create(self, session: None, inputs: Properties) -> Created:
        return Created("none", {"result": drawn_text(inputs)})


class RandomString(_Text):
    token = "random:index/randomString:RandomString"
    properties = _draw_properties(secret=False)

    def create(self, session: None, inputs: Properties) -> Created:
        result = drawn_text(inputs)
        return Created(result, {"result": result})


class _Bytes(StateOnly):
    """Random bytes; `size` names the property with their number."""

    size: str

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        wanted = inputs[self.size]
        too_few = not has_unknown(wanted) and wanted < 1
        return [(self.size, "must be at least 1")] if too_few else []


class RandomBytes(_Bytes):
    token = "random:index/randomBytes:RandomBytes"
    size = "length"
    properties = {
        "length": Property(required=True, replaces=DRAWN),
        "keepers": KEEPERS,
        "base64": Property(output=True, secret=True),
        "hex": Property(output=True, secret=True),
    }

    def create(self, session: None, inputs: Properties) -> Created:
        drawn = secrets.token_bytes(inputs["length"])
        outputs = {"base64": base64.b64encode(drawn).decode(), "hex": drawn.hex()}
        # the bytes are secret, and an id is not
        return Created(hashlib.sha256(drawn).hexdigest()[:16], outputs)


class RandomId(_Bytes):
    token = "random:index/randomId:RandomId"
    size = "byteLength"
    properties = {
        "byteLength": Property(required=True, replaces=DRAWN),
        "prefix": Property(replaces=DRAWN),
        "keepers": KEEPERS,
        "hex": Property(output=True),
        "dec": Property(output=True),
        "b64Std": Property(output=True),
        "b64Url": Property(output=True),
    }

    def create(self, session: None, inputs: Properties) -> Created:
        drawn = secrets.token_bytes(inputs["byteLength"])
        prefix = inputs.get("prefix") or ""
        url = base64.urlsafe_b64encode(drawn).decode().rstrip("=")
        outputs = {
            "hex": prefix + drawn.hex(),
            "dec": prefix + str(int.from_bytes(drawn)),
            "b64Std": prefix + base64.b64encode(drawn).decode(),
            "b64Url": prefix + url,
        }
        return Created(url, outputs)


PROVIDER: Provider[Any] = Provider(
    name="random",
    version=version("pulumi-random"),
    resource_types=table((RandomPassword(), RandomString(), RandomBytes(), RandomId())),
    configure=lambda config: None,
)

if __name__ == "__main__":
    serve(PROVIDER)
