"""Calls of the tables: a boto3 method, its arguments, and the part of the answer to use.

A call is written `method {Argument: expression, …} -> expression` with JMESPath expressions: those
of the arguments see the resource's properties and its `id`, the last one sees the answer with its
keys in camel case. Required arguments may be omitted: one with the name of a property gets its
value, and a single remaining one gets the id.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox.providers.aws import shapes
from sandbox.providers.aws.expressions import search
from sandbox.providers.aws.session import Aws
from sandbox.providers.wire import Properties

_FAILURES = ("unsuccessful", "failedEntries")
"""Keys under which some calls report failures although they succeed as a whole."""


@dataclass(frozen=True)
class Operation:
    method: str
    arguments: str | None = None
    answer: str | None = None

    @staticmethod
    def parse(stated: str | list[str]) -> Operation:
        """Parses a call; a list holds the parts of its text, which tables may share by anchors."""
        text = stated if isinstance(stated, str) else " ".join(stated)
        call, _, answer = text.partition("->")
        method, _, arguments = call.strip().partition(" ")
        return Operation(method, arguments.strip() or None, answer.strip() or None)


@dataclass(frozen=True)
class Scope:
    """A resource for calls: session, service, properties, and the property behind each API name."""

    aws: Aws
    service: str
    values: Properties
    names: Mapping[str, str]

    def having(self, **values: Any) -> Scope:
        return replace(self, values={**self.values, **values})

    def search(self, expression: str, value: Any = None) -> Any:
        """The result of an expression, by default over the resource's own properties."""
        return search(expression, self.values if value is None else value, self.values)

    def run(self, call: Operation, send: Collection[str] = (), **more: Any) -> Any:
        """Runs a call with its own arguments, the properties named in `send`, and `more`."""
        client = self.aws.client(self.service)
        model = shapes.operation(client, call.method)
        required = model.input_shape.required_members
        arguments: dict[str, Any] = {}
        for member in model.input_shape.members:
            name = self.names.get(member.lower(), "")
            if name in self.values and (name in send or member in required):
                arguments[member] = self.values[name]
        arguments |= (self.search(call.arguments) or {}) if call.arguments else {}
        arguments |= more
        missing = [member for member in required if member not in arguments]
        if len(missing) == 1 and "id" in self.values:
            arguments[missing[0]] = self.values["id"]
        arguments = shapes.to_api(arguments, model.input_shape)
        if client.can_paginate(call.method):
            found = client.get_paginator(call.method).paginate(**arguments).build_full_result()
        else:
            found = getattr(client, call.method)(**arguments)
        answer = shapes.to_provider(found, model.output_shape)
        _refuse_failures(answer)
        return self.search(call.answer, answer) if call.answer else answer


def _refuse_failures(answer: Any) -> None:
    for key in _FAILURES:
        for failed in answer.get(key, ()):
            reason = failed.get("errorMessage") or failed.get("error", {}).get("message")
            raise RuntimeError(f"{failed.get('resourceId', '')}: {reason}".removeprefix(": "))
