"""The figures of the database documentation, per environment.

Held apart from the program's own settings on purpose: the sandbox's checks compare what runs with
these, so that a wrong stack file or catalogue turns a check red.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DATABASE = "nexusflow"
ENCODING = "UTF8"
ENGINE_MAJOR = "15"


@dataclass(frozen=True)
class Instance:
    """The documentation's table "Instance Configuration"."""

    instance_class: str
    storage_gb: int
    storage_type: str
    iops: int
    multi_az: bool


INSTANCES: Mapping[str, Instance] = {
    "production": Instance("db.r6g.xlarge", 500, "gp3", 12_000, True),
    "staging": Instance("db.r6g.large", 100, "gp3", 3_000, False),
}


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
