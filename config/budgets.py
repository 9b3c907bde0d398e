"""Arithmetic of limits, pure: what AWS and PostgreSQL allow of storage and connections."""

from __future__ import annotations

GP3_THRESHOLD_GB = 400
"""RDS for PostgreSQL stripes gp3 volumes from this size; below it performance is fixed."""
GP3_FIXED_IOPS = 3_000
GP3_BASELINE_IOPS = 12_000
GP3_MAXIMUM_IOPS = 64_000

RESERVED_CONNECTIONS = 15
"""Kept free of application roles: 3 for superusers, the rest for RDS, the master and monitoring."""


def provisioned_iops(allocated_gb: int, iops: int) -> int | None:
    """The IOPS to send to AWS. Below the threshold AWS refuses even the figure it gives."""
    return iops if allocated_gb >= GP3_THRESHOLD_GB else None


def iops_allowed(allocated_gb: int, iops: int) -> bool:
    if allocated_gb < GP3_THRESHOLD_GB:
        return iops == GP3_FIXED_IOPS
    return GP3_BASELINE_IOPS <= iops <= GP3_MAXIMUM_IOPS


def role_connections_left(max_connections: int, limits: list[int]) -> int:
    """Connections that remain when every role holds all of its own; negative = over budget."""
    return max_connections - RESERVED_CONNECTIONS - sum(limits)
