"""Broken lines of stack files and catalogs, and the fault that each must produce."""

from __future__ import annotations

from dataclasses import dataclass

FILES = [
    *(f"Pulumi.{environment}.yaml" for environment in ("production", "staging")),
    *(f"foundation/Pulumi.{environment}.yaml" for environment in ("production", "staging")),
]
PRODUCTION, STAGING, FOUNDATION = FILES[:3]
DATABASE, PARAMETERS = "config/defaults/database.yaml", "config/defaults/postgres_parameters.yaml"
CLASSES, POOLS = "config/aws/instance_classes.yaml", "config/defaults/pgbouncer.yaml"
PG, NET = "nexusflow:postgres", "nexusflow-foundation:network"
CLIENTS = "nexusflow:allowed_clients: {cidrs: []"
ZONE = "nexusflow:private_dns_zone: {name: nexusflow.internal}"
PEER = 'vpc_id: vpc-0a, account_id: "123456789012", region: us-east-1'


@dataclass(frozen=True)
class Broken:
    """A text that occurs once in a file, its faulty replacement, and the resulting fault.

    The fault names the same file, unless `named` gives another.
    """

    file: str
    old: str
    new: str
    line: str
    named: str | None = None

    def __str__(self) -> str:
        return self.line

    @property
    def whole_line(self) -> str:
        return f"{self.named or self.file}: {self.line}"
