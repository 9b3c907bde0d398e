"""Arithmetic of the ClickHouse hosts, pure: what events need, what gp3 gives, who votes."""

from __future__ import annotations

from dataclasses import dataclass

BYTES_PER_EVENT = 53
"""Measured: 10 million events with ZSTD, 3.5 times smaller than they came."""
WHOLE_MONTH = 1
"""Partitions are months and go as a whole, so that the oldest is kept until all of it is due."""
FILL = 0.5
"""How full data may make a volume: merges rewrite parts, mutations and refetched replicas need
the same again, and system tables take a little."""
GB = 10**9

IOPS_PER_GB = 500
BASELINE_IOPS = 3000
IOPS_PER_MB_S = 4

LEAST_MEMORY_GIB = 4
SERVER_SHARE = 0.8
"""Of a host's memory: the rest is the kernel's page cache, Keeper and the agent."""
QUERY_SHARE = 0.5
"""Of the server's memory, for one query: one can't starve all others."""


@dataclass(frozen=True)
class Data:
    """What the events of a shard come to at the end of their retention."""

    events_per_month: int
    months: int
    shards: int

    @property
    def gb(self) -> float:
        kept = self.events_per_month * (self.months + WHOLE_MONTH) * BYTES_PER_EVENT
        return kept / self.shards / GB

    @property
    def volume_gb(self) -> int:
        """The smallest volume that holds it."""
        return -(-int(self.gb / FILL * 1000) // 1000)

    def __str__(self) -> str:
        """The sum as a person would write it."""
        parts = f" / {self.shards} shards" if self.shards > 1 else ""
        return (
            f"{self.events_per_month:,} events a month x {self.months + WHOLE_MONTH} months x "
            f"{BYTES_PER_EVENT} bytes{parts} = {self.gb:.4g} GB"
        )


def most_iops(size_gb: int) -> int:
    """The IOPS that gp3 can give to a volume of a size."""
    return max(BASELINE_IOPS, size_gb * IOPS_PER_GB)


def most_throughput(iops: int) -> int:
    return iops // IOPS_PER_MB_S


def server_bytes(memory_gib: float) -> int:
    return int(memory_gib * SERVER_SHARE * 1024**3)


def query_bytes(memory_gib: float) -> int:
    return int(server_bytes(memory_gib) * QUERY_SHARE)
