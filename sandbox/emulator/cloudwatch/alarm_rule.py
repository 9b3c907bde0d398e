"""Rules of composite alarms, parsed as far as needed to find the alarms that they refer to."""

from __future__ import annotations

import ast
import re

STATE = re.compile(r'\b(?:ALARM|OK|INSUFFICIENT_DATA)\(\s*(?:"([^"]+)"|([^\s()",]+))\s*\)')
ARN = re.compile(r"^arn:aws:cloudwatch:[^:]+:\d+:alarm:")
GRAMMAR = re.compile(r"(?:\s|[()]|\b(?:AND|OR|NOT|TRUE|FALSE)\b)*")
PYTHON = {"AND": "and", "OR": "or", "NOT": "not", "TRUE": "True", "FALSE": "False"}
MOST_CHILDREN = 100
MOST_CHARACTERS = 10_240


class RuleError(ValueError):
    """A rule that CloudWatch would refuse."""


def children(rule: str) -> frozenset[str]:
    """The names of the alarms that a rule refers to. Raises RuleError."""
    if len(rule) > MOST_CHARACTERS:
        raise RuleError(f"longer than {MOST_CHARACTERS} characters")
    named = frozenset(
        ARN.sub("", quoted or bare) for quoted, bare in (match.groups() for match in _states(rule))
    )
    if len(named) > MOST_CHILDREN:
        raise RuleError(f"more than {MOST_CHILDREN} alarms")
    _parse(STATE.sub(" TRUE ", rule))
    return named


def _states(rule: str) -> list[re.Match[str]]:
    return list(STATE.finditer(rule))


def _parse(skeleton: str) -> None:
    """Parses a rule as Python: the grammar is the same, with other operator names."""
    if not GRAMMAR.fullmatch(skeleton):
        raise RuleError("Error in the expression: only AND, OR, NOT, parentheses and states")
    text = re.sub(r"[A-Z]+", lambda word: PYTHON[word[0]], skeleton)
    try:
        ast.parse(text.strip(), mode="eval")
    except SyntaxError:
        raise RuleError(
            "Error in the expression: operators and states can't be combined like this"
        ) from (None)
