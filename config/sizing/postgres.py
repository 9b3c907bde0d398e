"""Arithmetic of limits, pure: what AWS and PostgreSQL allow of storage, connections and memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

GP3_THRESHOLD_GB = 400
"""RDS for PostgreSQL stripes gp3 volumes from this size; below it performance is fixed."""
GP3_FIXED_IOPS = 3_000
GP3_BASELINE_IOPS = 12_000
GP3_MAXIMUM_IOPS = 64_000

AUTOSCALING_STEP_PERCENT = 10
"""AWS takes no limit of storage autoscaling that is nearer to the size."""

RESERVED_CONNECTIONS = 15
"""Kept free of application roles: 3 for superusers, the rest for RDS, the master and monitoring."""

MEMORY_LIMIT = 1.25
"""Beyond this multiple of the class's RAM a configuration is refused; from 1 on it is warned of:
the sum assumes that every connection sorts at once, which the documented figures rely on not
happening (docs/adr/0007)."""

KIB_PER_GIB = 1024 * 1024
SHARED_BUFFER_KIB = 8
MEMORY_PER_AUTOVACUUM_WORKER_GIB = 64_371_566_592 / 1024**3
FEWEST_AUTOVACUUM_WORKERS = 3
"""RDS's default for autovacuum_max_workers: GREATEST(DBInstanceClassMemory/64371566592, 3)."""


def provisioned_iops(allocated_gb: int, iops: int) -> int | None:
    """The IOPS to send to AWS. Below the threshold AWS refuses even the figure it gives."""
    return iops if allocated_gb >= GP3_THRESHOLD_GB else None


def iops_allowed(allocated_gb: int, iops: int) -> bool:
    if allocated_gb < GP3_THRESHOLD_GB:
        return iops == GP3_FIXED_IOPS
    return GP3_BASELINE_IOPS <= iops <= GP3_MAXIMUM_IOPS


def least_autoscaling_limit(allocated_gb: int) -> int:
    """The smallest max_allocated_gb that AWS takes."""
    return -(-allocated_gb * (100 + AUTOSCALING_STEP_PERCENT) // 100)


def role_connections_left(max_connections: int, limits: Iterable[int]) -> int:
    """Connections that remain when every role holds all of its own; negative = over budget."""
    return max_connections - RESERVED_CONNECTIONS - sum(limits)


def tasks_at_once(most: int, maximum_percent: int) -> int:
    """How many tasks run while a deployment replaces the most that autoscaling asks for.

    ECS rounds the percentage down.
    """
    return most * maximum_percent // 100


@dataclass(frozen=True)
class ServerPool:
    """The server connections of one user's pool in one task."""

    user: str
    size: int
    reserve: int


@dataclass(frozen=True)
class PooledConnections:
    """What all tasks come to hold on one server when every pool is full, reserves included."""

    tasks: int
    maximum_percent: int
    pools: tuple[ServerPool, ...]

    @property
    def at_once(self) -> int:
        return tasks_at_once(self.tasks, self.maximum_percent)

    @property
    def total(self) -> int:
        return self.at_once * sum(pool.size + pool.reserve for pool in self.pools)

    def __str__(self) -> str:
        """The sum as a person would write it."""
        pools = " + ".join(f"{pool.user} ({pool.size} + {pool.reserve})" for pool in self.pools)
        return (
            f"{self.tasks} tasks at {self.maximum_percent} % = {self.at_once} at once x "
            f"[{pools}] = {self.total} connections"
        )


def autovacuum_workers(memory_gib: float) -> int:
    """How many workers RDS starts on so much memory when nothing else is said."""
    return max(int(memory_gib / MEMORY_PER_AUTOVACUUM_WORKER_GIB), FEWEST_AUTOVACUUM_WORKERS)


@dataclass(frozen=True)
class Memory:
    """What a server may come to use when every connection and every worker does so at once."""

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
        """The sum as a person would write it."""
        return (
            f"{size(self.shared_buffers_kib)} shared_buffers + {self.connections} connections x "
            f"{size(self.work_mem_kib)} work_mem + {self.autovacuum_workers} autovacuum workers x "
            f"{size(self.maintenance_work_mem_kib)} maintenance_work_mem = "
            f"{self.total_gib:.4g} GiB"
        )


def memory(parameters: Mapping[str, int], memory_gib: float) -> Memory | None:
    """The demand by parameters in RDS's units; nothing if one that counts isn't stated."""
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
    """Memory as a person would write it."""
    return f"{kib / KIB_PER_GIB:g} GiB" if kib % KIB_PER_GIB == 0 else f"{kib / 1024:g} MiB"
