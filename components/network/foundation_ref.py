"""What the main project uses of the foundation project: outputs of its stack, or, in a VPC that
was created outside the code, values of the stack file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pulumi

from config.settings.stack import Settings


@dataclass(frozen=True)
class FoundationRef:
    vpc_id: pulumi.Input[str]
    data_subnet_ids: pulumi.Input[Sequence[str]]
    private_subnet_ids: pulumi.Input[Sequence[str]]
    repository_url: pulumi.Input[str]
    """The ECR repository of PgBouncer's image."""
    availability_zones: pulumi.Output[Sequence[str]]
    packages_bucket: pulumi.Input[str]
    """The name of the bucket that mirrors packages for hosts."""

    def zones(self, count: int) -> list[pulumi.Input[str]]:
        """`count` availability zones in round-robin order, starting with the first."""
        return [
            self.availability_zones.apply(partial(round_robin, index)) for index in range(count)
        ]


def round_robin(index: int, items: Sequence[str]) -> str:
    """The item at `index`, starting again with the first after the last."""
    return items[index % len(items)]


def foundation_ref(settings: Settings) -> FoundationRef:
    """The values under `network` of the stack file if it has any, else the outputs of the
    foundation's stack."""
    if settings.network is not None:
        return FoundationRef(
            settings.network.vpc_id,
            list(settings.network.data_subnet_ids),
            list(settings.network.private_subnet_ids),
            settings.network.repository_url,
            pulumi.Output.from_input(list(settings.network.availability_zones)),
            settings.network.packages_bucket,
        )
    stack = pulumi.StackReference("foundation", stack_name=settings.foundation_stack)
    return FoundationRef(
        stack.require_output("vpc_id"),
        stack.require_output("subnet_ids").apply(lambda by_tier: by_tier["data"]),
        stack.require_output("subnet_ids").apply(lambda by_tier: by_tier["private"]),
        stack.require_output("repositories").apply(lambda by_image: by_image["pgbouncer"]),
        stack.require_output("availability_zones"),
        stack.require_output("packages_bucket"),
    )
