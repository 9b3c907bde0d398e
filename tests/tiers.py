"""Which tests belong to which tier, and which to which shard.

`make check` runs tests/unit, `make test` everything else that isn't marked `exhaustive`, and
`make test-all` everything. A test is marked by hand, with the name of a test of `make test` that
shows the same in small, or here: a parametrized test against the emulator or a real server that has
many cases leaves one of them to `make test`.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

UNIT = "tests/unit/"
SLOW = ("tests/sandbox/", "tests/e2e/", "tests/database/", "tests/mutation/")
"""Folders whose tests start processes: a case takes seconds, not milliseconds."""
FEWEST_OF_A_FAMILY = 3
SEED = "2026-11-28"
"""Changing it makes `make test` run other examples; the choice depends on nothing else."""
DURATIONS = Path(__file__).parent / "durations.json"
"""Seconds by file, as `pytest --record-durations` writes them."""
UNKNOWN_SECONDS = 10.0
"""What a file is taken to need that was added since."""


def family(test_id: str) -> str | None:
    """The parametrized test that a case belongs to; None for a test that has no cases."""
    name, bracket, _ = test_id.partition("[")
    return name if bracket else None


def beyond_the_examples(test_ids: Iterable[str]) -> set[str]:
    """The cases of large families on emulator or servers, without one example of each."""
    families: dict[str, list[str]] = defaultdict(list)
    for test_id in test_ids:
        name = family(test_id)
        if name is not None and name.startswith(SLOW):
            families[name].append(test_id)
    return {
        case
        for name, cases in families.items()
        if len(cases) >= FEWEST_OF_A_FAMILY
        for case in set(cases) - {example(cases)}
    }


def example(cases: Sequence[str]) -> str:
    """One of the cases: as good as random, but always the same one."""
    return min(cases, key=lambda case: hashlib.sha256(f"{SEED} {case}".encode()).hexdigest())


@dataclass(frozen=True)
class Shard:
    """One part of the test files, such as 1/3. All parts together are all files."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError with what would be right."""
        number, slash, of = text.partition("/")
        if not (slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
            raise ValueError(f'"{text}" is no shard; write one such as 1/3, 2/3 or 3/3')
        return cls(int(number), int(of))

    def files(self, files: Iterable[str], seconds: Mapping[str, float]) -> set[str]:
        """This shard's files: each goes to the shard with the least to do, the longest first."""
        loads = [0.0] * self.of
        mine = set()
        for file in longest_first(files, seconds):
            least = loads.index(min(loads))
            loads[least] += seconds.get(file, UNKNOWN_SECONDS)
            if least == self.number - 1:
                mine.add(file)
        return mine


def longest_first(files: Iterable[str], seconds: Mapping[str, float]) -> list[str]:
    """A worker that begins a long file last would keep the others waiting."""
    return sorted(set(files), key=lambda file: (-seconds.get(file, UNKNOWN_SECONDS), file))


def recorded_seconds() -> dict[str, float]:
    recorded: dict[str, float] = json.loads(DURATIONS.read_text())
    return recorded


def record(measured: Mapping[str, float]) -> None:
    """Replaces the recorded seconds of these files, and forgets files that are gone."""
    seconds = {**recorded_seconds(), **{file: round(s, 1) for file, s in measured.items()}}
    root = DURATIONS.parents[1]
    kept = {file: seconds[file] for file in sorted(seconds) if (root / file).is_file()}
    DURATIONS.write_text(json.dumps(kept, indent=2) + "\n")
