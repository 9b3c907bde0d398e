"""PostgreSQL's read replicas, spread over the availability zones, and their parameter group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import rds

from components.postgres.instance import InstanceDependencies, server_inputs, server_options
from components.postgres.parameter_group import parameter_group
from config.settings.postgres import PostgresSettings


def replica_identifiers(prefix: str, count: int) -> list[str]:
    """Instance identifiers of the replicas, in the order of their numbers."""
    return [f"{prefix}-replica-{number}" for number in range(1, count + 1)]


@dataclass(frozen=True, kw_only=True)
class PostgresReplicasArgs:
    prefix: str
    settings: PostgresSettings
    source_identifier: pulumi.Input[str]
    zones: Sequence[pulumi.Input[str]]
    """The availability zone of each replica; empty to let RDS choose."""
    dependencies: InstanceDependencies


class PostgresReplicas(pulumi.ComponentResource):
    """The configured number of replicas. Without any, no parameter group is created either."""

    instances: list[rds.Instance]
    """In the order of their numbers, from 1."""
    parameter_groups: list[pulumi.Output[str]]
    """The name of the replicas' parameter group, or nothing."""

    def __init__(
        self, name: str, args: PostgresReplicasArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:postgres:PostgresReplicas", name, None, opts)
        self.instances, self.parameter_groups = [], []
        identifiers = replica_identifiers(args.prefix, args.settings.replicas.count)
        if identifiers:
            family = args.settings.parameter_group_family
            # Separate from the primary's group: parameters such as max_connections must be raised
            # on a standby before the primary, or the standby pauses recovery.
            group = parameter_group(
                name,
                f"{args.prefix}-replicas-{family}",
                family,
                args.settings.effective_replica_parameters,
                pulumi.ResourceOptions(parent=self),
            )
            self.parameter_groups = [group.name]
            self.instances = [
                self._replica(f"{name}-{number}", identifier, number, group, args)
                for number, identifier in enumerate(identifiers, 1)
            ]
        self.register_outputs({"identifiers": [instance.identifier for instance in self.instances]})

    def _replica(
        self,
        name: str,
        identifier: str,
        number: int,
        group: rds.ParameterGroup,
        args: PostgresReplicasArgs,
    ) -> rds.Instance:
        # Engine version, master login and KMS key are inherited from the source. AWS refuses a KMS
        # key for a replica in the source's region, and a final snapshot of any replica.
        return rds.Instance(
            name,
            identifier=identifier,
            replicate_source_db=args.source_identifier,
            availability_zone=args.zones[number - 1] if args.zones else None,
            multi_az=False,
            parameter_group_name=group.name,
            skip_final_snapshot=True,
            **server_inputs(args.settings, args.dependencies),
            opts=server_options(self, args.settings, args.dependencies),
        )
