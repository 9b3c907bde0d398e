"""config's own tables of what AWS offers agree with the sandbox's, which have another source."""

from __future__ import annotations

import pytest

from config.aws import catalog
from sandbox.servers.redis import parameters

UNLIMITED = 2**31 - 1
"""config writes an unlimited range as the largest number of Redis's type: 2**31 - 1 or more."""


def test_both_know_the_same_parameters_of_redis_7() -> None:
    assert catalog.redis_parameter_kinds(7).keys() == parameters.parameters().keys()


@pytest.mark.parametrize("name", catalog.redis_parameter_kinds(7))
def test_both_permit_the_same_values(name: str) -> None:
    ours, theirs = catalog.redis_parameter_kinds(7)[name], parameters.parameters()[name]
    assert sorted(ours.values) == sorted(theirs.words)
    if ours.range is None or theirs.range is None:
        assert ours.range == theirs.range
        return
    assert ours.range[0] == theirs.range[0]
    assert min(ours.range[1], UNLIMITED) == min(theirs.range[1], UNLIMITED)


@pytest.mark.parametrize("node_type", catalog.cache_nodes())
def test_both_give_a_node_the_same_memory(node_type: str) -> None:
    gibibytes = parameters.node_memory(node_type) / 1024**3
    assert catalog.cache_nodes()[node_type].memory_gib == pytest.approx(gibibytes, abs=0.01)
