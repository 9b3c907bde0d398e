"""Parameter groups of RDS and ElastiCache, whose parameters are set and reset in batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.providers.aws.operations import Scope
from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.aws.session import Aws
from sandbox.providers.wire import Properties

_PARAMETERS_PER_CALL = 20


class ParameterGroup(AwsResourceType):
    """`noun`: part of the calls' names. `argument`: the argument with the parameters. `parts`: the
    keys of a parameter and their API names. `defaults`: values of keys that may be omitted."""

    noun: str
    argument: str
    parts: Mapping[str, str] = {"name": "ParameterName", "value": "ParameterValue"}
    defaults: Mapping[str, str] = {}

    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        """Sets the missing parameters; completes a group that a failed run left incomplete."""
        present = values_of(self._parameters(aws, resource_id))
        missing = [row for row in inputs["parameters"] if present.get(row["name"]) != row["value"]]
        for start in range(0, len(missing), _PARAMETERS_PER_CALL):
            self._call("modify", aws, resource_id, missing[start : start + _PARAMETERS_PER_CALL])

    def describe(self, aws: Aws, resource_id: str, item: Any, state: Properties) -> Properties:
        live = super().describe(aws, resource_id, item, state)
        return {**live, "parameters": self._parameters(aws, resource_id)}

    def change(self, scope: Scope, state: Properties, changed: frozenset[str]) -> None:
        """Resets parameters the program no longer sets; `wait_until_ready` sets the others."""
        aws, group = scope.aws, scope.values["id"]
        wanted = values_of(scope.values["parameters"])
        unwanted = [row for row in self._parameters(aws, group) if row["name"] not in wanted]
        if unwanted:
            self._call("reset", aws, group, unwanted)

    def _call(self, verb: str, aws: Aws, group: str, rows: list[dict[str, str]]) -> None:
        sent = [
            {api: {**self.defaults, **row}[name] for name, api in self.parts.items()}
            for row in rows
        ]
        call = getattr(aws.client(self.service), f"{verb}_{self.noun}_parameter_group")
        call(**{self.properties["name"].api or "": group, self.argument: sent})

    def _parameters(self, aws: Aws, group: str) -> list[dict[str, str]]:
        pages = aws.client(self.service).get_paginator(f"describe_{self.noun}_parameters")
        found = [
            {name: row.get(api) or self.defaults[name] for name, api in self.parts.items()}
            for page in pages.paginate(**{self.properties["name"].api or "": group}, Source="user")
            for row in page["Parameters"]
        ]
        return sorted(found, key=lambda row: row["name"])


class CacheParameterGroup(ParameterGroup):
    noun, argument = "cache", "ParameterNameValues"


class DbParameterGroup(ParameterGroup):
    """An apply method only takes effect with a new value, as in the provider."""

    noun, argument = "db", "Parameters"
    parts = {**ParameterGroup.parts, "applyMethod": "ApplyMethod"}
    defaults = {"applyMethod": "immediate"}

    def same(self, name: str, actual: Any, desired: Any) -> bool:
        if name == "parameters":
            return values_of(actual) == values_of(desired)
        return super().same(name, actual, desired)

    def describe(self, aws: Aws, resource_id: str, item: Any, state: Properties) -> Properties:
        live = super().describe(aws, resource_id, item, state)
        methods = {row["name"]: row.get("applyMethod") for row in state.get("parameters") or []}
        for row in live["parameters"]:
            row["applyMethod"] = methods.get(row["name"]) or row["applyMethod"]
        return live


def values_of(parameters: list[dict[str, str]]) -> dict[str, str]:
    return {row["name"]: row["value"] for row in parameters}
