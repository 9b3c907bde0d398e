"""Stack files with one broken line: each rule reports its fault in one line, with exit code 2."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config import merge
from config.aws import catalog
from config.errors import Fault
from config.rules import environment, stack
from config.rules.rule import ConfigRule
from ops.cli import app
from tests.unit.config.broken import (
    DATABASE,
    FILES,
    FOUNDATION,
    NET,
    PEER,
    PG,
    POOLS,
    PRODUCTION,
    STAGING,
    Broken,
    alarms,
    backups,
    clickhouse,
    database,
    form,
    network,
    pgbouncer,
    postgres,
    redis,
    stacks,
)

ROOT = Path(__file__).resolve().parents[3]
FAULTS = [
    case
    for module in (
        *(form, stacks, network, postgres, database),
        *(pgbouncer, redis, clickhouse, alarms, backups),
    )
    for case in module.FAULTS
]
MEMORY = (
    f"{PG}.instance_class: 4 GiB shared_buffers + 200 connections x 64 MiB work_mem + "
    "3 autovacuum workers x 1 GiB maintenance_work_mem = 19.5 GiB, 1.22 times the 16 GiB of "
    "db.r6g.large; enough unless all connections sort at the same time; db.r6g.xlarge (32 GiB) "
    "has enough for that"
)
IOPS = (
    f"{PG}.storage.iops: 12,000 IOPS, of which db.r6g.xlarge sustains 6,000 and 20,000 for "
    "30 minutes a day; expect the sustained figure under steady load (docs/adr/0002)"
)
UNCHECKED = f"nexusflow:clickhouse.{clickhouse.UNCHECKED}"
ALWAYS = [
    f"warning: {PRODUCTION}: {IOPS}",
    f"warning: {PRODUCTION}: {UNCHECKED}",
    f"warning: {STAGING}: {MEMORY}",
    f"warning: {STAGING}: {UNCHECKED}",
]
"""The warnings that the documented figures cause."""
WARNINGS = [
    clickhouse.ALONE,
    Broken(
        STAGING,
        "allocated_gb: 100, iops: 3000",
        "allocated_gb: 100, iops: 3000, max_allocated_gb: 500",
        f"{PG}.storage.max_allocated_gb: autoscaling may grow 100 GB past 400 GB, where gp3 "
        "has other IOPS; stay below that size, or allocate it now with its IOPS",
    ),
    Broken(
        STAGING,
        "multi_az: false\n",
        'multi_az: false\n    parameters: {effective_cache_size: {value: "3145728"}}\n',
        f"{PG}.parameters.effective_cache_size: effective_cache_size exceeds the memory of "
        "db.r6g.large; write about three quarters of the class's memory, in blocks of 8 kB",
    ),
    Broken(
        FOUNDATION,
        "nat: per_az\n    endpoints:\n      gateway: [s3]\n      interface: [secretsmanager, logs",
        "nat: none\n    endpoints:\n      gateway: [s3]\n      interface: [secretsmanager",
        f"{NET}.nat: private subnets have neither a NAT gateway nor endpoints for "
        "logs; add them to endpoints.interface, or write nat: single",
    ),
    Broken(
        FOUNDATION,
        "peering: []",
        f"peering: [{{name: office, cidr: 10.40.0.0/16, {PEER}}}]",
        "nexusflow:allowed_clients.cidrs: the foundation peers with office (10.40.0.0/16), which "
        "is not an allowed client; add its range here, or remove the peering there",
        named=PRODUCTION,
    ),
    Broken(
        PRODUCTION,
        'version: "1.26.1"',
        'version: "1.24.1"',
        "nexusflow:pgbouncer.image.version: PgBouncer 1.24.1 has known vulnerabilities; upgrade to "
        "1.26.1 or later, built from images/pgbouncer",
    ),
    *backups.WARNINGS,
]
TOGETHER = [
    [clickhouse.MORE_THAN_FEW, clickhouse.FEW_ZONES],
    [
        Broken(
            DATABASE,
            "name: nexusflow\n",
            "name: postgres\n",
            "name: postgres is reserved by PostgreSQL or RDS, or too easy to guess; "
            "choose another, such as nexusflow_postgres",
        ),
        Broken(POOLS, "  nexusflow: {servers", "  postgres: {servers", line=""),
    ],
]
"""Lines that show what they break only beside one another; one that is right there has no fault."""


@dataclass(frozen=True)
class Outcome:
    code: int
    faults: list[str]
    messages: list[str]
    """Everything else that the command prints: warnings, and the count of valid files."""
    broken: frozenset[int]
    """The rules that were violated, by identity."""


class Tree:
    """A copy of the stack files and catalogs, checked by `nexusdb config check`."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        self.root = root
        for file in (*FILES, "Pulumi.yaml", "foundation/Pulumi.yaml"):
            (root / file).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / file, root / file)
        for module in (catalog, merge):
            copy = root / module.DIRECTORY.relative_to(ROOT)
            shutil.copytree(module.DIRECTORY, copy, ignore=shutil.ignore_patterns("*.py*", "__*"))
            patch.setattr(module, "DIRECTORY", copy)
        patch.chdir(root)
        self._broken: set[int] = set()
        self._outcomes: dict[tuple[int, ...], Outcome] = {}
        patch.setattr(ConfigRule, "faults", self._recording(ConfigRule.faults))

    def _recording(self, faults: object) -> object:
        def recorded(rule: ConfigRule[object], subject: object, file: str) -> list[Fault]:
            found: list[Fault] = faults(rule, subject, file)  # type: ignore[operator]
            self._broken.update({id(rule)} if found else ())
            return found

        return recorded

    def outcome(self, *cases: Broken) -> Outcome:
        """What the command says of the files with these lines; a second question costs nothing."""
        key = tuple(map(id, cases))
        if key not in self._outcomes:
            self._outcomes[key] = self._outcome(cases)
        return self._outcomes[key]

    def _outcome(self, cases: Sequence[Broken]) -> Outcome:
        self._broken.clear()
        with ExitStack() as changes:
            for case in cases:
                changes.enter_context(self._changed(case))
            return self._checked()

    @contextmanager
    def _changed(self, case: Broken) -> Iterator[None]:
        path = self.root / case.file
        before = path.read_text("utf-8")
        assert before.count(case.old) == 1, f"{case.old} occurs {before.count(case.old)} times"
        path.write_text(before.replace(case.old, case.new), "utf-8")
        try:
            yield
        finally:
            path.write_text(before, "utf-8")

    def _checked(self) -> Outcome:
        result = CliRunner().invoke(app, ["config", "check", *FILES])
        messages = [line for line in result.stderr.splitlines() if line not in ALWAYS]
        return Outcome(
            result.exit_code, result.stdout.splitlines(), messages, frozenset(self._broken)
        )


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tree]:
    before = Path.cwd()
    with pytest.MonkeyPatch.context() as patch:
        yield Tree(tmp_path_factory.mktemp("tree"), patch)
    os.chdir(before)


def test_the_files_of_this_repository_are_right_and_warned_of_their_documented_figures(
    tree: Tree,
) -> None:
    result = CliRunner().invoke(app, ["config", "check", *FILES])
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines() == [*ALWAYS, "4 files are valid"]


@pytest.mark.parametrize("case", FAULTS, ids=str)
def test_a_broken_line_is_refused_by_one_line_and_code_2(case: Broken, tree: Tree) -> None:
    outcome = tree.outcome(case)
    assert outcome.faults == [case.whole_line]
    assert outcome.code == 2


@pytest.mark.parametrize("cases", TOGETHER, ids=lambda cases: str(cases[0]))
def test_lines_that_are_wrong_together_are_refused_with_code_2(
    cases: list[Broken], tree: Tree
) -> None:
    outcome = tree.outcome(*cases)
    assert outcome.faults == [case.whole_line for case in cases if case.line]
    assert outcome.code == 2


@pytest.mark.parametrize("case", WARNINGS, ids=str)
def test_what_is_doubtful_is_warned_of_with_code_0(case: Broken, tree: Tree) -> None:
    outcome = tree.outcome(case)
    assert outcome.faults == []
    assert outcome.messages == [f"warning: {case.whole_line}", "4 files are valid"]
    assert outcome.code == 0


def test_every_rule_is_broken_by_one_of_these_files(tree: Tree) -> None:
    tables: dict[str, tuple[ConfigRule[object], ...]] = {
        f"{module.__name__}.{name}": table
        for module in (stack, environment)
        for name, table in vars(module).items()
        if isinstance(table, tuple) and table and isinstance(table[0], ConfigRule)
    }
    assert len(tables) == 7
    broken = frozenset[int]().union(
        tree.outcome().broken, *(tree.outcome(case).broken for case in [*FAULTS, *WARNINGS])
    )
    unbroken = [
        (name, rule.key, rule.problem)
        for name, table in tables.items()
        for rule in table
        if id(rule) not in broken
    ]
    assert unbroken == []
