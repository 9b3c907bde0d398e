"""What policy documents allow, pure.

Conditions aren't evaluated: a statement that allows under one is taken to allow, one that denies
under one is taken to let by. So "no" is certain, and "yes" says that the words are there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

Document = Mapping[str, Any]


def parsed(document: str | Document) -> Document:
    return json.loads(document) if isinstance(document, str) else document


def allows(
    documents: Iterable[str | Document], action: str, resource: str, *principals: str
) -> bool:
    """Whether an action on a resource is allowed, to one of the principals if any are named."""
    matching = [
        statement
        for document in documents
        for statement in _many(parsed(document)["Statement"])
        if _covers(statement, action, resource) and _admits(statement, principals)
    ]
    denied = any(each["Effect"] == "Deny" and not each.get("Condition") for each in matching)
    return not denied and any(each["Effect"] == "Allow" for each in matching)


def denies(documents: Iterable[str | Document], action: str, resource: str) -> bool:
    """Whether an action on a resource is denied to everybody, without a condition."""
    return any(
        statement["Effect"] == "Deny"
        and not statement.get("Condition")
        and _covers(statement, action, resource)
        and _admits(statement, ("*",))
        for document in documents
        for statement in _many(parsed(document)["Statement"])
    )


def _covers(statement: Document, action: str, resource: str) -> bool:
    """Matches IAM's wildcards, which work like those of file names; actions ignore case."""
    actions = [pattern.lower() for pattern in _many(statement.get("Action", ()))]
    resources = _many(statement.get("Resource", "*"))
    return any(fnmatchcase(action.lower(), each) for each in actions) and any(
        fnmatchcase(resource, each) for each in resources
    )


def _admits(statement: Document, principals: tuple[str, ...]) -> bool:
    stated = statement.get("Principal")
    if not principals or stated is None:
        return True
    named = {"*"} if stated == "*" else {each for kind in stated.values() for each in _many(kind)}
    return "*" in named or bool(named & set(principals))


def _many(value: Any) -> list[Any]:
    return [value] if isinstance(value, (str, Mapping)) else list(value)
