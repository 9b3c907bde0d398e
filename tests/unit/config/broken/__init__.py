"""One broken line of an environment file or catalog, and what is to be said of it."""

from __future__ import annotations

from dataclasses import dataclass

FILES = [
    *(f"Pulumi.{environment}.yaml" for environment in ("production", "staging")),
    *(f"foundation/Pulumi.{environment}.yaml" for environment in ("production", "staging")),
]
PRODUCTION, STAGING, FOUNDATION = FILES[:3]
ACCESS, PARAMETERS = "config/defaults/database.yaml", "config/defaults/postgres_parameters.yaml"
CLASSES, POOLS = "config/aws/instance_classes.yaml", "config/defaults/pgbouncer.yaml"
PG, NET = "nexusflow:postgres", "nexusflow-foundation:network"
CLIENTS = "nexusflow:allowed_clients: {cidrs: []"
ZONE = "nexusflow:private_dns_zone: {name: nexusflow.internal}"
PEER = 'vpc_id: vpc-0a, account_id: "123456789012", region: us-east-1'


@dataclass(frozen=True)
class Broken:
    """One text that stands once in a file, what it becomes, and the line that says what is wrong;
    that line names the file itself, unless another is named."""

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
