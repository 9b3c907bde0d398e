"""Properties of the dynamic resources, as they are in the Pulumi state: conversions to and from the
types of database/. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from config.settings.database import DatabaseSettings
from database.logins import Server
from database.plan import Difference

Properties = dict[str, Any]
Drift = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Differences between database and code: resource -> path -> expected, actual and, where SQL
repairs it, repaired_by and statement. Empty if there are none."""

CONNECTION = ("host", "port", "database", "user", "password")
PASSWORD_OF_SECRET, OTHER_PASSWORD = "as in its secret", "another"
"""The expected and the actual value of a password in `Drift`, which must not contain secrets."""


def server_of(properties: Mapping[str, Any]) -> Server:
    """The server that the resource's connection properties describe."""
    return Server(
        host=properties["host"],
        port=int(properties["port"]),
        database=properties["database"],
        user=properties["user"],
        password=properties["password"],
    )


def settings_of(properties: Mapping[str, Any]) -> DatabaseSettings:
    """The settings in the property `settings`."""
    return DatabaseSettings.model_validate_json(properties["settings"])


def settings_json(settings: DatabaseSettings) -> str:
    """The property `settings`. Sorted, so that equal settings are equal text."""
    return json.dumps(settings.model_dump(mode="json"), sort_keys=True)


def inputs_changed(olds: Properties, news: Properties, keys: tuple[str, ...]) -> bool:
    """Whether any of the inputs differs. A value that is not known yet counts as different."""
    return any(olds.get(key) != news.get(key) for key in keys)


def drift_of(differences: Iterable[Difference], wrong_passwords: Iterable[str]) -> Properties:
    """The property `drift`. `wrong_passwords` are roles whose password is not the secret's."""
    drift: dict[str, dict[str, dict[str, str]]] = {}
    for difference in differences:
        drift.setdefault(str(difference.resource), {})[difference.path] = {
            "expected": difference.expected,
            "actual": difference.actual,
            "repaired_by": difference.repair.by.value,
            "statement": difference.repair.text,
        }
    for role in wrong_passwords:
        drift.setdefault(f"role:{role}", {})["attribute/password"] = {
            "expected": PASSWORD_OF_SECRET,
            "actual": OTHER_PASSWORD,
        }
    return drift
