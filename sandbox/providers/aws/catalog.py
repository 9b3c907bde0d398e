"""All resource types of the provider: rows of the tables, with code where needed."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.aws.row import row

_HERE = Path(__file__).parent
_PACKAGE = __name__.rpartition(".")[0]


def resource_types() -> Iterator[AwsResourceType]:
    """The types in the order of the tables."""
    for table in sorted((_HERE / "tables").glob("*.yaml")):
        for service, section in yaml.load(table.read_text(), yaml.CSafeLoader).items():
            common = {key: value for key, value in section.items() if key != "types"}
            for token, stated in section["types"].items():
                options = {key: value for key, value in stated.items() if key != "code"}
                yield _code(stated.get("code"))(row(token, service, common, options))


def _code(name: str | None) -> Any:
    """The class of a name such as `hosts.Instance`, in types/hosts.py."""
    if name is None:
        return AwsResourceType
    module, _, attribute = name.partition(".")
    return getattr(import_module(f"{_PACKAGE}.types.{module}"), attribute)
