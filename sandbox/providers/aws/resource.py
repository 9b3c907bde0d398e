"""The base of the aws provider's resource types, and the few ways in which services differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from sandbox.providers.aws import schema
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import NotFound, Property, ResourceType
from sandbox.providers.wire import Properties

REGISTRY = "createOnly in the CloudFormation registry schema"
PROVIDER = "ForceNew in terraform-provider-aws"
UPDATED = "an update in place in terraform-provider-aws"
TAGS = Property(default={}, bound=True)
REGION = Property(computed=True, replaces="a resource can't move to another region")
ARN = Property(output=True)


class AwsResourceType(ResourceType[Aws]):
    """A resource type of AWS.

    `cfn` names the registry schema that validates it, `extensions` cfn-lint's further tables.
    `ledger_only` is the reason why nothing of it is read from the emulator, if so.
    `absent` lists the error codes by which the API says that the resource does not exist.
    `documents` names the properties that are JSON documents: what they say counts, however spelled.
    `regional` is false where the service is global and its resources have no region.
    """

    service: str
    cfn: str | None = None
    extensions: tuple[str, ...] = ()
    ledger_only: str | None = None
    absent: frozenset[str] = frozenset()
    documents: frozenset[str] = frozenset()
    regional: bool = True

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "properties" in cls.__dict__:
            extra: dict[str, Property] = {"region": REGION} if cls.regional else {}
            if "tags" in cls.properties:
                extra["tagsAll"] = Property(output=True)
            cls.properties = {**cls.properties, **extra}

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        if self.cfn is None:
            return []
        region = inputs.get("region", "us-east-1")
        return schema.faults(self.cfn, region, dict(self.properties), inputs, self.extensions)

    def arguments(self, inputs: Properties, names: frozenset[str] | None = None) -> dict[str, Any]:
        """The API's arguments of the inputs (of those in `names` only) that the table maps."""
        return {
            prop.api: inputs[name]
            for name, prop in self.properties.items()
            if prop.api and not prop.output and name in inputs and (names is None or name in names)
        }

    def bound_values(self, described: Mapping[str, Any]) -> Properties:
        """The live values of the bound properties and mapped outputs in a describe answer."""
        return {
            name: described.get(prop.api)
            for name, prop in self.properties.items()
            if prop.api and (prop.bound or prop.output) and prop.api in described
        }

    def same(self, name: str, actual: Any, desired: Any) -> bool:
        if name in self.documents:
            return _document(actual) == _document(desired)
        return super().same(name, actual, desired)

    @contextmanager
    def existing(self) -> Iterator[None]:
        """Turns the API's ways of saying "no such resource" into `NotFound`."""
        try:
            yield
        except ClientError as error:
            if error.response["Error"]["Code"] in self.absent:
                raise NotFound(str(error)) from None
            raise

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        try:
            with self.existing():
                live = self.describe(aws, resource_id, state)
        except NotFound:
            return None
        return live and {**live, **self._own_spelling(live, state)}

    def _own_spelling(self, live: Properties, state: Properties) -> Properties:
        """The program's text of the documents that still say the same."""
        return {
            name: state[name]
            for name in self.documents
            if state.get(name) and live.get(name) and self.same(name, live[name], state[name])
        }

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        """The live values; may raise the API's own error for what is absent."""
        raise NotImplementedError(self.token)


def _document(value: Any) -> Any:
    """A policy document with IAM's two spellings of one-element lists made one."""
    parsed = json.loads(value) if isinstance(value, str) else value
    return _unwrapped(parsed)


def _unwrapped(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unwrapped(item) for key, item in value.items()}
    if isinstance(value, list):
        items = [_unwrapped(item) for item in value]
        return items[0] if len(items) == 1 else sorted(items, key=repr)
    return value


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as most services take them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def tag_map(tags: list[dict[str, str]] | None) -> dict[str, str]:
    """Tags as programs write them, less those that AWS itself puts on."""
    return {tag["Key"]: tag["Value"] for tag in tags or [] if not tag["Key"].startswith("aws:")}


def tag_changes(state: Properties, inputs: Properties) -> tuple[dict[str, str], list[str]]:
    """Which tags to set and which to take off."""
    old, new = state.get("tags") or {}, inputs.get("tags") or {}
    wanted = {key: value for key, value in new.items() if old.get(key) != value}
    return wanted, sorted(old.keys() - new.keys())
