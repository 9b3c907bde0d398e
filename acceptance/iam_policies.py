"""Evaluation of IAM policy documents: pure.

Conditions are not evaluated: a conditional Allow counts as allowing, and a conditional Deny is
ignored. So "not allowed" is certain, while "allowed" may still fail on a condition.
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
    """Whether an action on a resource is allowed, to any of the principals if some are given."""
    matching = [
        statement
        for document in documents
        for statement in _as_list(parsed(document)["Statement"])
        if _covers(statement, action, resource) and _applies_to(statement, principals)
    ]
    denied = any(each["Effect"] == "Deny" and not each.get("Condition") for each in matching)
    return not denied and any(each["Effect"] == "Allow" for each in matching)


def denies(documents: Iterable[str | Document], action: str, resource: str) -> bool:
    """Whether an action on a resource is denied unconditionally to every principal."""
    return any(
        statement["Effect"] == "Deny"
        and not statement.get("Condition")
        and _covers(statement, action, resource)
        and _applies_to(statement, ("*",))
        for document in documents
        for statement in _as_list(parsed(document)["Statement"])
    )


def _covers(statement: Document, action: str, resource: str) -> bool:
    """Whether a statement names both: IAM uses shell wildcards, and actions ignore case."""
    actions = [pattern.lower() for pattern in _as_list(statement.get("Action", ()))]
    resources = _as_list(statement.get("Resource", "*"))
    return any(fnmatchcase(action.lower(), each) for each in actions) and any(
        fnmatchcase(resource, each) for each in resources
    )


def _applies_to(statement: Document, principals: tuple[str, ...]) -> bool:
    principal = statement.get("Principal")
    if not principals or principal is None:
        return True
    named = (
        {"*"}
        if principal == "*"
        else {each for kind in principal.values() for each in _as_list(kind)}
    )
    return "*" in named or bool(named & set(principals))


def _as_list(value: Any) -> list[Any]:
    return [value] if isinstance(value, (str, Mapping)) else list(value)
