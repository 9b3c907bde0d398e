"""Sizing of the ClickHouse hosts: disk space for the events, limits of gp3, memory limits."""

from __future__ import annotations

from dataclasses import dataclass

BYTES_PER_EVENT = 53
"""Bytes on disk, measured with 10 million events: ZSTD compresses them 3.5 times."""
WHOLE_MONTH = 1
"""Months kept beyond the retention: partitions are months and are dropped as a whole."""
FILL = 0.5
"""The share of a volume that events may fill. Merges rewrite parts, mutations and refetched
replicas need the same space again, and system tables take a little."""
GB = 10**9

IOPS_PER_GB = 500
BASELINE_IOPS = 3000
IOPS_PER_MB_S = 4

LEAST_MEMORY_GIB = 4
SERVER_SHARE = 0.8
"""ClickHouse's share of a host's memory; the rest is for the page cache, Keeper and the agent."""
QUERY_SHARE = 0.5
"""One query's share of the server's memory, so that it cannot starve all others."""


@dataclass(frozen=True)
class EventVolume:
    """The size of one shard's events at the end of their retention."""

    events_per_month: int
    months: int
    shards: int

    @property
    def gb(self) -> float:
        kept = self.events_per_month * (self.months + WHOLE_MONTH) * BYTES_PER_EVENT
        return kept / self.shards / GB

    @property
    def volume_gb(self) -> int:
        """The smallest EBS volume that holds the events, in GB."""
        return -(-int(self.gb / FILL * 1000) // 1000)

    def __str__(self) -> str:
        """The calculation, for messages."""
        parts = f" / {self.shards} shards" if self.shards > 1 else ""
        return (
            f"{self.events_per_month:,} events per month x {self.months + WHOLE_MONTH} months x "
            f"{BYTES_PER_EVENT} bytes{parts} = {self.gb:.4g} GB"
        )


def most_iops(size_gb: int) -> int:
    """The most IOPS that can be provisioned for a gp3 volume of this size."""
    return max(BASELINE_IOPS, size_gb * IOPS_PER_GB)


def most_throughput(iops: int) -> int:
    """The most MB/s that can be provisioned for a gp3 volume with these IOPS."""
    return iops // IOPS_PER_MB_S


def server_bytes(memory_gib: float) -> int:
    """ClickHouse's memory limit on a host."""
    return int(memory_gib * SERVER_SHARE * 1024**3)


def query_bytes(memory_gib: float) -> int:
    """The memory limit of one query."""
    return int(server_bytes(memory_gib) * QUERY_SHARE)
