"""JMESPath with the few functions that the tables need beyond the standard ones."""

from __future__ import annotations

import base64
import json
import secrets
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import jmespath
from jmespath import functions

_STANDARD = functions.Functions()
_OWN: Mapping[str, Callable[..., Any]] = {
    "before": lambda text, separator: text.partition(separator)[0],
    "after": lambda text, separator: text.partition(separator)[2],
    "last": lambda text, separator: text and text.rpartition(separator)[2],
    "lower": lambda text: text and text.lower(),
    "split": lambda text, separator: text.split(separator),
    "without_suffix": lambda text, suffix: text.removesuffix(suffix),
    "at": lambda mapping, key: (mapping or {}).get(key),
    "pairs": lambda mapping: [{"name": key, "value": mapping[key]} for key in sorted(mapping)],
    "from_pairs": lambda pairs: {each["name"]: each["value"] for each in pairs or ()},
    "from_json": json.loads,
    "from_base64": lambda text: text and base64.b64decode(text).decode(),
    # CRC-32, which the provider uses in ids where AWS assigns none
    "checksum": lambda text: str(zlib.crc32(text.encode())),
    # an idempotency token
    "unique": lambda: secrets.token_hex(16),
}


class _Functions:
    """`given(name)` returns a property or the id of the resource, inside filters of an answer too;
    `arn(noun)` returns the ARN of an EC2 resource, which EC2 itself does not return."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._own: dict[str, Callable[..., Any]] = {**_OWN, "given": given.get, "arn": self._arn}
        self._given = given

    def call_function(self, name: str, arguments: Sequence[Any]) -> Any:
        own = self._own.get(name)
        return own(*arguments) if own else _STANDARD.call_function(name, arguments)

    def _arn(self, noun: str) -> str:
        given = self._given
        return f"arn:aws:ec2:{given['region']}:{given['account']}:{noun}/{given['id']}"


@cache
def _compiled(expression: str) -> Any:
    return jmespath.compile(expression)


def search(expression: str, value: Any, given: Mapping[str, Any]) -> Any:
    """The result of an expression over `value`; `given` holds the resource's own properties."""
    options = jmespath.Options(custom_functions=_Functions(given))
    return _compiled(expression).search(value, options=options)
