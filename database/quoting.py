"""SQL texts of names and values, pure: statements are also shown to people."""

from __future__ import annotations


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    if "\\" in value:  # standard_conforming_strings may be off somewhere
        return " E'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
    return "'" + value.replace("'", "''") + "'"


def grantee(name: str) -> str:
    """A role, or PUBLIC, which is a key word and no name."""
    return name if name == "PUBLIC" else identifier(name)
