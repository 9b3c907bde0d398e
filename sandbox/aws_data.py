"""AWS's rules as data, from the files in the cfn-lint package. For RDS, only those for PostgreSQL.

They are read as plain JSON, because importing cfn-lint takes a second.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ENGINE = "postgres"
_INSTANCE = "AWS::RDS::DBInstance"


class UnknownVersionError(LookupError):
    """A version of PostgreSQL that RDS doesn't offer."""


def read(file: str) -> Any:
    """A file of cfn-lint's data, by its path below `data/schemas`."""
    return json.loads((_directory() / file).read_text())


def extension(cfn: str, name: str) -> Any:
    """A cfn-lint table that extends the registry schema of a CloudFormation type."""
    return read(f"extensions/{cfn.lower().replace('::', '_')}/{name}.json")


@cache
def versions() -> frozenset[str]:
    """The full versions of PostgreSQL that RDS offers, without bare majors and special builds."""
    for rule in extension(_INSTANCE, "engine_version")["allOf"]:
        if rule["if"]["properties"]["Engine"].get("const") == ENGINE:
            listed = rule["then"]["properties"]["EngineVersion"]["enum"]
            return frozenset(v for v in listed if re.fullmatch(r"[1-9]\d+\.\d+", v))
    raise LookupError("cfn-lint's table of engine versions has no entry for postgres")


def full_version(asked: str | None) -> str:
    """The version that RDS picks for a prefix such as "15": its newest minor; without a prefix, the
    newest version."""
    if asked in versions():
        return str(asked)
    matching = [v for v in versions() if asked is None or v.startswith(f"{asked}.")]
    if not matching:
        raise UnknownVersionError(f"Cannot find version {asked} for postgres")
    return max(matching, key=numbers)


@cache
def classes(version: str) -> frozenset[str]:
    """The instance classes that RDS offers with a full version; empty when none are listed."""
    for rule in extension(_INSTANCE, "db_instance_class")["allOf"]:
        condition = rule["if"]["properties"]
        pattern = condition.get("EngineVersion", {}).get("pattern")
        if condition["Engine"].get("const") == ENGINE and pattern and re.match(pattern, version):
            return frozenset(rule["then"]["properties"]["DBInstanceClass"]["enum"])
    return frozenset()


def numbers(version: str) -> tuple[int, ...]:
    """A sort key: 15.10 comes after 15.9."""
    return tuple(int(part) for part in version.split("."))


@cache
def _directory() -> Path:
    spec = find_spec("cfnlint")
    if spec is None or spec.origin is None:
        raise RuntimeError("cfn-lint is not installed: `make test` installs it")
    return Path(spec.origin).parent / "data" / "schemas"
