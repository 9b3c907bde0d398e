"""The figures of the database documentation, per environment.

Held apart from the program's own settings on purpose: the sandbox's checks compare what runs with
these, so that a wrong stack file or catalog turns a check red.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DATABASE = "nexusflow"
ENCODING = "UTF8"
MAJOR_VERSIONS: Mapping[str, str] = {"postgres": "15", "redis": "7", "clickhouse": "23"}
"""The documentation's "Overview"."""


@dataclass(frozen=True)
class Instance:
    """The documentation's table "Instance Configuration"."""

    instance_class: str
    storage_gb: int
    storage_type: str
    iops: int
    multi_az: bool
    read_replicas: int


INSTANCES: Mapping[str, Instance] = {
    "production": Instance("db.r6g.xlarge", 500, "gp3", 12_000, True, 2),
    "staging": Instance("db.r6g.large", 100, "gp3", 3_000, False, 0),
}

POOLING: Mapping[str, str] = {
    "pool_mode": "transaction",
    "max_client_conn": "1000",
    "default_pool_size": "25",
    "reserve_pool_size": "5",
    "reserve_pool_timeout": "3",
}
"""The documentation's "Connection Pooling", as PgBouncer's SHOW CONFIG writes it."""


@dataclass(frozen=True)
class Backups:
    """The documentation's "Backup Schedule": how many days each is kept."""

    automated_days: int
    weekly_days: int
    copied_days: int


BACKUPS = Backups(automated_days=7, weekly_days=90, copied_days=30)

PARAMETERS: Mapping[str, str] = {
    "max_connections": "200",
    "shared_buffers": "4GB",
    "effective_cache_size": "12GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "1GB",
    "random_page_cost": "1.1",
    "effective_io_concurrency": "200",
}
"""The documentation's "Connection Settings", as SHOW writes them."""

EVENTS_MONTHS = 12
"""The retention of events in the documentation's "Partitioned Tables"."""

REDIS_EVICTION: Mapping[str, str] = {"cache": "allkeys-lru", "state": "noeviction"}
"""What each group does when its memory is full. It follows from the uses in the documentation:
caching may lose keys; sessions and rate limits may not."""


@dataclass(frozen=True)
class KeyMetric:
    """A row of the documentation's table "Key Metrics", in the metric's own unit."""

    comparison: str
    warning: float
    critical: float
    scaled: bool = False
    """Whether the figure is for production's volume, and scales with the size of another."""
    of_replicas: bool = False


KEY_METRICS: Mapping[str, KeyMetric] = {
    "CPUUtilization": KeyMetric(">", 70, 90),
    "FreeStorageSpace": KeyMetric("<", 50 * 1024**3, 20 * 1024**3),
    # at the limit counts as over it: a volume never exceeds its provisioned figure
    "ReadIOPS": KeyMetric(">=", 10_000, 12_000, scaled=True),
    "DatabaseConnections": KeyMetric(">", 150, 180),
    "ReplicaLag": KeyMetric(">", 10, 60, of_replicas=True),
}
