"""Sizing of the PostgreSQL servers: gp3 storage, connection budgets and memory demand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

GP3_THRESHOLD_GB = 400
"""The size from which RDS for PostgreSQL stripes gp3 volumes. Below it, IOPS are fixed."""
GP3_FIXED_IOPS = 3_000
GP3_BASELINE_IOPS = 12_000
GP3_MAXIMUM_IOPS = 64_000

AUTOSCALING_STEP_PERCENT = 10
"""AWS refuses a limit of storage autoscaling that is closer to the allocated size."""

RESERVED_CONNECTIONS = 15
"""Connections kept free of application roles: 3 for superusers, the rest for RDS, the master user
and monitoring."""

MEMORY_LIMIT = 1.25
"""The multiple of the instance class's RAM above which a configuration is an error; above 1 it is a
warning. The calculation assumes that all connections sort at the same time; the documented figures
rely on that not happening (docs/adr/0007)."""

KIB_PER_GIB = 1024 * 1024
SHARED_BUFFER_KIB = 8
MEMORY_PER_AUTOVACUUM_WORKER_GIB = 64_371_566_592 / 1024**3
FEWEST_AUTOVACUUM_WORKERS = 3
"""RDS's default for autovacuum_max_workers: GREATEST(DBInstanceClassMemory/64371566592, 3)."""


def iops_allowed(allocated_gb: int, iops: int) -> bool:
    """Whether a gp3 volume of this size can have these IOPS."""
    if allocated_gb < GP3_THRESHOLD_GB:
        return iops == GP3_FIXED_IOPS
    return GP3_BASELINE_IOPS <= iops <= GP3_MAXIMUM_IOPS


def least_autoscaling_limit(allocated_gb: int) -> int:
    """The smallest max_allocated_gb that AWS accepts."""
    return -(-allocated_gb * (100 + AUTOSCALING_STEP_PERCENT) // 100)


def role_connections_left(max_connections: int, limits: Iterable[int]) -> int:
    """Connections left when every role uses its whole limit; negative if over budget."""
    return max_connections - RESERVED_CONNECTIONS - sum(limits)


def tasks_at_once(desired: int, maximum_percent: int) -> int:
    """The most tasks that run during a deployment. ECS rounds the percentage down."""
    return desired * maximum_percent // 100


@dataclass(frozen=True)
class ServerPool:
    """The server connections of one user's pool in one task."""

    user: str
    size: int
    reserve: int

    @property
    def connections(self) -> int:
        return self.size + self.reserve


@dataclass(frozen=True)
class PooledConnections:
    """The connections of all tasks to one server when every pool is full, reserves included."""

    tasks: int
    maximum_percent: int
    pools: tuple[ServerPool, ...]

    @property
    def at_once(self) -> int:
        return tasks_at_once(self.tasks, self.maximum_percent)

    @property
    def total(self) -> int:
        return self.at_once * sum(pool.connections for pool in self.pools)

    def __str__(self) -> str:
        """The calculation, for messages."""
        pools = " + ".join(f"{pool.user} ({pool.size} + {pool.reserve})" for pool in self.pools)
        return (
            f"{self.tasks} tasks at {self.maximum_percent} % = {self.at_once} at once x "
            f"[{pools}] = {self.total} connections"
        )


def autovacuum_workers(memory_gib: float) -> int:
    """The number of autovacuum workers that RDS starts by default."""
    return max(int(memory_gib / MEMORY_PER_AUTOVACUUM_WORKER_GIB), FEWEST_AUTOVACUUM_WORKERS)


@dataclass(frozen=True)
class Memory:
    """A server's memory demand when all connections and autovacuum workers use it at once."""

    shared_buffers_kib: int
    connections: int
    work_mem_kib: int
    autovacuum_workers: int
    maintenance_work_mem_kib: int

    @property
    def total_gib(self) -> float:
        per_connection = self.connections * self.work_mem_kib
        per_worker = self.autovacuum_workers * self.maintenance_work_mem_kib
        return (self.shared_buffers_kib + per_connection + per_worker) / KIB_PER_GIB

    def multiple_of(self, memory_gib: float) -> float:
        return self.total_gib / memory_gib

    def __str__(self) -> str:
        """The calculation, for messages."""
        return (
            f"{size(self.shared_buffers_kib)} shared_buffers + {self.connections} connections x "
            f"{size(self.work_mem_kib)} work_mem + {self.autovacuum_workers} autovacuum workers x "
            f"{size(self.maintenance_work_mem_kib)} maintenance_work_mem = "
            f"{self.total_gib:.4g} GiB"
        )


def memory(parameters: Mapping[str, int], memory_gib: float) -> Memory | None:
    """The memory demand by parameters in RDS's units; None if one of them is missing."""
    try:
        return Memory(
            shared_buffers_kib=parameters["shared_buffers"] * SHARED_BUFFER_KIB,
            connections=parameters["max_connections"],
            work_mem_kib=parameters["work_mem"],
            autovacuum_workers=parameters.get(
                "autovacuum_max_workers", autovacuum_workers(memory_gib)
            ),
            maintenance_work_mem_kib=parameters["maintenance_work_mem"],
        )
    except KeyError:
        return None


def size(kib: int) -> str:
    """An amount of memory, for messages."""
    return f"{kib / KIB_PER_GIB:g} GiB" if kib % KIB_PER_GIB == 0 else f"{kib / 1024:g} MiB"
