"""What all tests share: their tiers and shards, and that a run repeats the one before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests import tiers

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import LoadScopeScheduling

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
    """Adds up the seconds of each test, set-up and tear-down included."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.nodeid] += report.duration

    def pytest_sessionfinish(self) -> None:
        tiers.record(self._seconds)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Iterator[None]:
    beyond = tiers.beyond_the_examples(item.nodeid for item in items)
    for item in items:
        if item.nodeid in beyond:
            item.add_marker(pytest.mark.exhaustive)
    yield  # -m deselects by marker
    seconds = tiers.seconds_by_unit((item.nodeid for item in items), tiers.recorded_seconds())
    order = {unit: index for index, unit in enumerate(tiers.longest_first(seconds))}
    items.sort(key=lambda item: order[_unit(item)])  # stable: within a unit nothing moves
    if shard := config.getoption("--shard"):
        mine = tiers.Shard.parse(shard).units(seconds)
        config.hook.pytest_deselected(items=[item for item in items if _unit(item) not in mine])
        items[:] = [item for item in items if _unit(item) in mine]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    from xdist.scheduler import LoadScopeScheduling

    class ByUnitOfWork(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return tiers.unit_of_work(nodeid)

    return ByUnitOfWork(config, log)


def _unit(item: pytest.Item) -> str:
    return tiers.unit_of_work(item.nodeid)
