"""Quoting of names and values for SQL statements that are executed or shown to people."""

from __future__ import annotations


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    if "\\" in value:  # standard_conforming_strings may be off somewhere
        return " E'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
    return "'" + value.replace("'", "''") + "'"


def grantee(name: str) -> str:
    """A role's quoted name, or the keyword PUBLIC."""
    return name if name == "PUBLIC" else identifier(name)
