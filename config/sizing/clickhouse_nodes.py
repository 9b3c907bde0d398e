"""The nodes of a ClickHouse cluster: which shard and replica each holds, and which run Keeper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Node:
    """`zone` is the index of the availability zone, from 0; `keeper` is the id in the quorum."""

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
        """Whether the node backs up its shard: one replica is enough."""
        return self.replica == 1


def nodes(*, shards: int, replicas: int, keepers: int) -> tuple[Node, ...]:
    """The nodes by shard and replica, then the Keepers that hold no data.

    The replicas of a shard are in different availability zones, and so are the Keepers: they run on
    the replicas of the first shard and, if there are too few, on separate nodes in the next zones.
    """
    hosts = [
        Node(
            f"clickhouse-{shard}-{replica}",
            zone=shard + replica - 2,
            shard=shard,
            replica=replica,
            keeper=replica if shard == 1 and replica <= keepers else None,
        )
        for shard in range(1, shards + 1)
        for replica in range(1, replicas + 1)
    ]
    keepers_alone = [
        Node(f"clickhouse-keeper-{number}", zone=number - 1, keeper=number)
        for number in range(replicas + 1, keepers + 1)
    ]
    return (*hosts, *keepers_alone)


def keepers(of: Sequence[Node]) -> list[Node]:
    """The nodes that run Keeper."""
    return [node for node in of if node.keeper is not None]


def shards(of: Sequence[Node]) -> list[list[Node]]:
    """The nodes that hold data, grouped by shard."""
    numbers = sorted({node.shard for node in of if node.shard is not None})
    return [[node for node in of if node.shard == number] for number in numbers]
