"""The figures of the database documentation.

They are deliberately kept apart from the program's settings: acceptance checks compare what runs
with these figures, so a wrong stack file or default fails a check.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DATABASE = "nexusflow"
ENCODING = "UTF8"
MAJOR_VERSIONS: Mapping[str, str] = {"postgres": "15", "redis": "7", "clickhouse": "23"}
"""The section "Overview"."""


@dataclass(frozen=True)
class Instance:
    """A row of the table "Instance Configuration"."""

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
"""The section "Connection Pooling", in the notation of PgBouncer's SHOW CONFIG."""


@dataclass(frozen=True)
class Backups:
    """The section "Backup Schedule": how many days each kind of backup is retained."""

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
"""The section "Connection Settings", in the notation of SHOW."""

EVENTS_MONTHS = 12
"""How long ClickHouse retains events, from the section "Partitioned Tables"."""

REDIS_EVICTION: Mapping[str, str] = {"cache": "allkeys-lru", "state": "noeviction"}
"""The eviction policy of each group. It follows from the documented uses: a cache may drop keys,
sessions and rate limits may not."""


@dataclass(frozen=True)
class KeyMetric:
    """A row of the table "Key Metrics", in the unit of the CloudWatch metric."""

    comparison: str
    warning: float
    critical: float
    scaled: bool = False
    """Whether the thresholds are for production's IOPS and scale with those of a volume."""
    of_replicas: bool = False
    """Whether only read replicas have the metric."""


KEY_METRICS: Mapping[str, KeyMetric] = {
    "CPUUtilization": KeyMetric(">", 70, 90),
    "FreeStorageSpace": KeyMetric("<", 50 * 1024**3, 20 * 1024**3),
    # >=, since a volume can't exceed its provisioned IOPS
    "ReadIOPS": KeyMetric(">=", 10_000, 12_000, scaled=True),
    "DatabaseConnections": KeyMetric(">", 150, 180),
    "ReplicaLag": KeyMetric(">", 10, 60, of_replicas=True),
}
