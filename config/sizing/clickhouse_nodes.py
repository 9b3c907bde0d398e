"""Which ClickHouse nodes there are, pure: who holds which part of the data, and who votes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from config.settings.clickhouse import ClickhouseSettings


@dataclass(frozen=True)
class Node:
    """`zone` counts the availability zones, from 0; `keeper` is its number in the quorum."""

    name: str
    zone: int
    shard: int | None = None
    replica: int | None = None
    keeper: int | None = None

    @property
    def holds_data(self) -> bool:
        return self.shard is not None

    @property
    def backs_up(self) -> bool:
        """One replica of a shard is enough."""
        return self.replica == 1


def nodes(settings: ClickhouseSettings) -> tuple[Node, ...]:
    """The hosts by shard and replica, then the voters that hold no data.

    Replicas of a shard lie in different zones, and so do the Keepers: they run on the first
    shard's replicas and, where these are too few, on nodes of their own in the zones that follow.
    """
    voters = settings.keepers.count
    hosts = [
        Node(
            f"clickhouse-{shard}-{replica}",
            zone=shard + replica - 2,
            shard=shard,
            replica=replica,
            keeper=replica if shard == 1 and replica <= voters else None,
        )
        for shard in range(1, settings.shards + 1)
        for replica in range(1, settings.replicas + 1)
    ]
    arbiters = [
        Node(f"clickhouse-keeper-{number}", zone=number - 1, keeper=number)
        for number in range(settings.replicas + 1, voters + 1)
    ]
    return (*hosts, *arbiters)


def keepers(of: Sequence[Node]) -> list[Node]:
    return [node for node in of if node.keeper is not None]


def shards(of: Sequence[Node]) -> list[list[Node]]:
    """The data's hosts, shard by shard."""
    numbers = sorted({node.shard for node in of if node.shard is not None})
    return [[node for node in of if node.shard == number] for number in numbers]
