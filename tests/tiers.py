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
"""Seconds by test, of those that take a second or more, as `--record-durations` writes them."""
SHORT_SECONDS = 0.1
"""What every other test is taken to need."""
SHARED_ENVIRONMENTS = ("tests/e2e/production", "tests/e2e/staging")
"""Folders whose files share an environment: one worker builds it once and runs all of them."""


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

    def units(self, seconds: Mapping[str, float]) -> set[str]:
        """This shard's units of work, given the seconds of all: each goes to the shard with the
        least to do, the longest first."""
        loads = [0.0] * self.of
        mine = set()
        for unit in longest_first(seconds):
            least = loads.index(min(loads))
            loads[least] += seconds[unit]
            if least == self.number - 1:
                mine.add(unit)
        return mine


def unit_of_work(test_id: str) -> str:
    """What one worker runs as a whole: a file, or the folder of files that share an environment."""
    file = test_id.partition("::")[0]
    folder = file.rpartition("/")[0]
    return folder if folder in SHARED_ENVIRONMENTS else file


def seconds_by_unit(test_ids: Iterable[str], recorded: Mapping[str, float]) -> dict[str, float]:
    """How long the given tests of each unit take together."""
    seconds: dict[str, float] = defaultdict(float)
    for test_id in test_ids:
        seconds[unit_of_work(test_id)] += recorded.get(test_id, SHORT_SECONDS)
    return dict(seconds)


def longest_first(seconds: Mapping[str, float]) -> list[str]:
    """The units in the order to run them: a long one at the end would keep one worker busy while
    the others have nothing left."""
    return sorted(seconds, key=lambda unit: (-seconds[unit], unit))


def recorded_seconds() -> dict[str, float]:
    recorded: dict[str, float] = json.loads(DURATIONS.read_text())
    return recorded


def record(measured: Mapping[str, float]) -> None:
    """Replaces the recorded seconds of these tests; tests of files that are gone are dropped."""
    seconds = {**recorded_seconds(), **{test: round(s, 1) for test, s in measured.items()}}
    root = DURATIONS.parents[1]
    kept = {
        test: seconds[test]
        for test in sorted(seconds)
        if seconds[test] >= 1 and (root / test.partition("::")[0]).is_file()
    }
    DURATIONS.write_text(json.dumps(kept, indent=2) + "\n")
