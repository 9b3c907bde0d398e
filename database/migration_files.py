"""Migration files: their form, their order, and which of them a database still lacks."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

DIRECTORY = Path(__file__).resolve().parent.parent / "migrations"
NAME = re.compile(r"^\d{8}(\d{6})?_[a-z0-9_]+$")
UP, DOWN, NO_TRANSACTION = "-- Up", "-- Down", "-- no transaction"


class MigrationError(Exception):
    """Migrations that cannot be applied. The message says which, and what to do."""


@dataclass(frozen=True)
class Migration:
    """One migration file."""

    name: str
    up: str
    down: str
    checksum: str
    transactional: bool = True
    first_lines: Mapping[str, int] = field(default_factory=dict)
    """The number of the line in the file where a section's statements begin."""


def load(directory: Path = DIRECTORY) -> tuple[Migration, ...]:
    """The migrations in a directory, ordered by timestamp."""
    found = tuple(parse(file.stem, file.read_text("utf-8")) for file in directory.glob("*.sql"))
    versions = [position(migration.name)[0] for migration in found]
    if duplicates := {version for version in versions if versions.count(version) > 1}:
        raise MigrationError(f"{directory}: two migrations have the timestamp {min(duplicates)}")
    return tuple(sorted(found, key=lambda migration: position(migration.name)))


def position(name: str) -> tuple[str, str]:
    """Where a migration stands in the order: by its time, a date alone being its midnight."""
    return name.partition("_")[0].ljust(14, "0"), name


def parse(name: str, text: str) -> Migration:
    if not NAME.match(name):
        raise MigrationError(f"{name}.sql: migrations are named YYYYMMDD[hhmmss]_what_it_does.sql")
    lines = text.splitlines()
    try:
        up, down = lines.index(UP), lines.index(DOWN)
    except ValueError:
        raise MigrationError(
            f'{name}.sql: needs a line "{UP}", followed by a line "{DOWN}"'
        ) from None
    if down < up:
        raise MigrationError(f'{name}.sql: "{UP}" comes before "{DOWN}"')
    sections = {UP: lines[up + 1 : down], DOWN: lines[down + 1 :]}
    return Migration(
        name=name,
        up="\n".join(sections[UP]).strip() + "\n",
        down="\n".join(sections[DOWN]).strip() + "\n",
        first_lines={
            UP: up + 2 + _blank_lines(sections[UP]),
            DOWN: down + 2 + _blank_lines(sections[DOWN]),
        },
        checksum=hashlib.sha256("\n".join(lines).encode()).hexdigest(),
        transactional=NO_TRANSACTION not in lines[:up],
    )


def _blank_lines(section: Sequence[str]) -> int:
    """How many blank lines a section begins with."""
    return next((number for number, line in enumerate(section) if line.strip()), 0)


def checksums(migrations: Sequence[Migration]) -> Mapping[str, str]:
    return {migration.name: migration.checksum for migration in migrations}


def pending(migrations: Sequence[Migration], done: Mapping[str, str]) -> tuple[Migration, ...]:
    """The migrations left to apply. Raises MigrationError if files and history disagree."""
    known = checksums(migrations)
    for name, checksum in done.items():
        if name not in known:
            raise MigrationError(
                f"{name}: applied to the database, but its file is missing; "
                "deploy the version of the code that has it, or a newer one"
            )
        if known[name] != checksum:
            raise MigrationError(
                f"{name}.sql: changed after it was applied; restore the file and write the change "
                "as a new migration"
            )
    newest = max(done, default="", key=position)
    missing = tuple(migration for migration in migrations if migration.name not in done)
    for migration in missing:
        if newest and position(migration.name) < position(newest):
            raise MigrationError(
                f"{migration.name}.sql: older than {newest}, which is applied already; "
                "give the file a newer timestamp"
            )
    return missing
