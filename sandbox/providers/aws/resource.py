"""A resource type of the aws provider: a row of the tables, carried out with boto3.

Types whose behavior a table can't express are subclasses in types/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from sandbox.providers.aws import schema, tags
from sandbox.providers.aws.compare import COMPARISONS, without_unset
from sandbox.providers.aws.expressions import search
from sandbox.providers.aws.operations import Operation, Scope
from sandbox.providers.aws.row import AwsProperty, Row, Step
from sandbox.providers.aws.session import Aws
from sandbox.providers.aws.shapes import camel
from sandbox.providers.resource_type import Created, NotFound, ResourceType, empty
from sandbox.providers.wire import Properties, has_unknown


class AwsResourceType(ResourceType[Aws]):
    """A resource type of AWS.

    `ledger_only`: why the emulator returns nothing of it, where that is so.
    """

    ledger_only: str | None = None

    properties: Mapping[str, AwsProperty]

    def __init__(self, row: Row) -> None:
        self.row = row
        self.token, self.properties = row.token, row.properties
        self.named_by, self.autonames = row.named_by, row.autonames
        self.service, self.cfn, self.regional = row.service, row.cfn, row.regional

    # -- checks and comparisons --------------------------------------------------------------

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        one, some = self.row.exactly_one, self.row.at_least_one
        if one and len(inputs.keys() & set(one)) != 1:
            return [("", f"{self.token} takes exactly one of {', '.join(one)}")]
        if some and not inputs.keys() & set(some):
            return [(some[0], f"{self.token} needs at least one of {', '.join(some)}")]
        for name, value in self.row.only.items():
            if inputs.get(name) != value:
                return [(name, f"the sandbox only knows {value}")]
        unknown = [
            (name, f"the sandbox does not know {key} in {self.token}")
            for name, value in inputs.items()
            if self.row.known_parts and name != "tags" and isinstance(value, list | dict)
            for key in sorted(_keys(value) - set(self.row.known_parts))
        ]
        if unknown or self.cfn is None:
            return unknown
        return schema.faults(self.cfn, self.properties, inputs, self.row.extensions)

    def same(self, name: str, actual: Any, desired: Any) -> bool:
        prop = self.properties[name]
        if has_unknown([actual, desired]):
            return super().same(name, actual, desired)
        if prop.compare:
            return COMPARISONS[prop.compare](actual, desired)
        if prop.same_by:
            actual, desired = (search(prop.same_by, each, {}) for each in (actual, desired))
        elif prop.send:
            sent = [search(prop.send, each, {}) for each in (actual, desired)]
            actual, desired = map(without_unset, sent)
        return super().same(name, actual, desired)

    # -- calls -------------------------------------------------------------------------------

    def scope(self, aws: Aws, values: Properties, resource_id: str | None = None) -> Scope:
        """The values for expressions and calls: the properties in the form they are sent in."""
        known = {"account": aws.connection.account, **values, "region": aws.region}
        if resource_id is not None:
            known["id"] = resource_id
        scope = Scope(aws, self.service, known, self.row.names)
        sent = {
            name: scope.search(prop.send, values[name])
            for name, prop in self.properties.items()
            if prop.send and values.get(name) is not None
        }
        return scope.having(**sent)

    @contextmanager
    def existing(self) -> Iterator[None]:
        """Turns the API's errors for a missing resource into `NotFound`."""
        try:
            yield
        except ClientError as error:
            if error.response["Error"]["Code"] in self.row.not_found:
                raise NotFound(str(error)) from None
            raise

    def create(self, aws: Aws, inputs: Properties) -> Created:
        scope, call = self.scope(aws, inputs), self.row.create
        if call is None:
            return Created(self.id_of(inputs))
        answer = scope.run(call, self.sent(inputs), **self.creation(scope, call))
        if call.answer and not answer:
            raise ValueError(f"{call.method}: the answer has no {self.token}")
        return Created(str(answer if call.answer else self.id_of(inputs)))

    def creation(self, scope: Scope, call: Operation) -> dict[str, Any]:
        """Arguments of the create call in addition to the inputs: the tags."""
        if self.row.tags is None or self.row.tag_later:
            return {}
        return tags.arguments(scope, call.method, scope.values["tags"], self.row.tags.noun)

    def id_of(self, properties: Properties) -> str:
        """The id of a resource that is identified by its properties."""
        if self.row.id:
            return str(search(self.row.id, properties, properties))
        return str(properties[self.named_by or "name"])

    def sent(self, inputs: Properties) -> frozenset[str]:
        """The inputs to send, as far as a call has an argument of that name."""
        return frozenset(inputs.keys() & self.properties.keys()) - {"tags", "region"}

    def item(self, aws: Aws, resource_id: str, state: Properties) -> Any:
        """The resource in the describe call's answer; None if it does not exist."""
        if self.row.read is None:
            raise NotImplementedError(self.token)
        scope = self.scope(aws, state, resource_id)
        found = scope.run(self.row.read)
        return None if self.row.ended and found and scope.search(self.row.ended, found) else found

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        try:
            with self.existing():
                item = self.item(aws, resource_id, state)
                if not item:
                    return None
                live = self.describe(aws, resource_id, item, state)
        except NotFound:
            return None
        return {**live, **self._as_stated(live, state)}

    def describe(self, aws: Aws, resource_id: str, item: Any, state: Properties) -> Properties:
        """The live values of bound properties and outputs, from the described item."""
        scope = self.scope(aws, state, resource_id)
        live: Properties = {}
        for name, prop in self.properties.items():
            if (prop.bound or prop.output) and name not in ("tags", "tagsAll"):
                value = self._value(scope, name, prop, item)
                if value is not None or not prop.output:
                    live[name] = value
        if self.row.tags:
            live["tags"] = self.tags_of(scope.having(**live), item)
        return live

    def tags_of(self, scope: Scope, item: Any) -> dict[str, str]:
        call = self.row.tags.read if self.row.tags else None
        return tags.mapping(scope.run(call) if call else item.get("tags"))

    def _value(self, scope: Scope, name: str, prop: AwsProperty, item: Any) -> Any:
        value = scope.run(prop.call) if prop.call else None
        if prop.read:
            value = scope.search(prop.read, item)
        elif value is None:
            value = next((item[key] for key in _spellings(name, prop) if key in item), None)
        if value is None and not prop.default:
            return prop.default
        return sorted(value, key=repr) if prop.unordered and isinstance(value, list) else value

    def _as_stated(self, live: Properties, state: Properties) -> Properties:
        """The program's spelling of values that are equivalent to the live ones."""
        return {
            name: state[name]
            for name, value in live.items()
            if name in self.inputs
            and not empty(value)
            and not empty(state.get(name))
            and not has_unknown(state[name])
            and self.same(name, value, state[name])
        }

    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        scope = self.scope(aws, inputs, resource_id)
        if self.row.tag_later and inputs.get("tags"):
            self.update_tags(scope, {})
        self._apply(self.row.ready, scope)

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        others = {
            name: value
            for name, value in state.items()
            if name not in self.inputs or self.properties[name].computed
        }
        scope = self.scope(aws, {**others, **inputs}, resource_id)
        with self.existing():
            if "tags" in changed:
                self.update_tags(scope, state)
            if changed - {"tags"}:
                self.change(scope, state, changed - {"tags"})

    def update_tags(self, scope: Scope, state: Properties) -> None:
        if self.row.tags:
            tags.update(scope, self.row.tags.tag, self.row.tags.untag, state)

    def change(self, scope: Scope, state: Properties, changed: frozenset[str]) -> None:
        """Updates everything but the tags."""
        self._apply(self.row.update, scope, changed)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        if state.get("skipDestroy"):
            return
        with self.existing():
            if not self.item(aws, resource_id, state):
                raise NotFound(resource_id)
            self._apply(self.row.delete, self.scope(aws, state, resource_id))

    # -- steps of the tables -----------------------------------------------------------------

    def _apply(
        self, steps: tuple[Step, ...], scope: Scope, changed: frozenset[str] | None = None
    ) -> None:
        for step in steps:
            if step.properties and changed is not None and not step.properties & changed:
                continue
            if step.condition and not scope.search(step.condition):
                continue
            if step.lists:
                self._apply_to_list(step, scope)
                continue
            sent = step.properties
            if changed is not None:
                sent = step.properties & changed or self.sent(scope.values)
            unset = step.unset and not any(scope.values.get(name) for name in step.properties)
            call = step.unset if unset else step.call
            for each in (scope.run(step.items) or ()) if step.items else (None,):
                if call:
                    scope.having(each=each).run(call, sent)

    def _apply_to_list(self, step: Step, scope: Scope) -> None:
        (name,) = step.properties
        item = self.item(scope.aws, scope.values["id"], scope.values)
        live = self.describe(scope.aws, scope.values["id"], item, scope.values) if item else {}
        wanted = _members(scope.values.get(name))
        present = _members(self.scope(scope.aws, live).values.get(name))
        added = [each for each in wanted if each not in present]
        removed = [each for each in present if each not in wanted]
        for action, call in step.lists.items():
            if action == "change" and (added or removed):
                scope.having(added=added or None, removed=removed or None).run(call)
            for each in {"add": added, "remove": removed}.get(action, ()):
                scope.having(each=each).run(call)


def _spellings(name: str, prop: AwsProperty) -> tuple[str, ...]:
    """The keys a property may have in an item: the API's name in camel case, its own, the API's."""
    api = prop.api or name
    return (camel(api), name, api)


def _members(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _keys(value: Any) -> set[str]:
    if isinstance(value, Mapping):
        maps = {key for key in value if key.endswith("Tags")}
        parts = (item for key, item in value.items() if key not in maps)
        return set(value) | {key for item in parts for key in _keys(item)}
    return {key for item in value for key in _keys(item)} if isinstance(value, list) else set()
