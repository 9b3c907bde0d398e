"""What all tests share: their tiers and shards, and that a run repeats the one before."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import settings

from tests import tiers

# No deadline, as a slow machine is no fault of what is tested; the same examples in every run.
repeatable = settings(deadline=None, derandomize=True, database=None, max_examples=25)
settings.register_profile("short", repeatable)
settings.register_profile("thorough", repeatable, max_examples=100)  # make test-all
settings.load_profile("short")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--shard", metavar="K/N", default="", help="run only the K-th of N parts of the test files"
    )
    parser.addoption(
        "--record-durations", action="store_true", help=f"write {tiers.DURATIONS.name} anew"
    )


def pytest_configure(config: pytest.Config) -> None:
    if shard := config.getoption("--shard"):
        try:
            tiers.Shard.parse(shard)
        except ValueError as error:
            raise pytest.UsageError(f"--shard: {error}") from None
    if config.getoption("--record-durations") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Recorder())


class _Recorder:
    """Adds up the seconds of each file's tests, set-up and tear-down included."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.nodeid.partition("::")[0]] += report.duration

    def pytest_sessionfinish(self) -> None:
        tiers.record(self._seconds)


@pytest.hookimpl(tryfirst=True)  # before -m deselects by marker
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    seconds = tiers.recorded_seconds()
    order = {
        file: index for index, file in enumerate(tiers.longest_first(map(_file, items), seconds))
    }
    items.sort(key=lambda item: order[_file(item)])  # stable: within a file nothing moves
    beyond = tiers.beyond_the_examples(item.nodeid for item in items)
    for item in items:
        if item.nodeid in beyond:
            item.add_marker(pytest.mark.exhaustive)
    if shard := config.getoption("--shard"):
        mine = tiers.Shard.parse(shard).files(order, seconds)
        config.hook.pytest_deselected(items=[item for item in items if _file(item) not in mine])
        items[:] = [item for item in items if _file(item) in mine]


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]
