"""The foundation that the main project builds on: its stack's outputs, or configured values."""

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
    """Where PgBouncer's image is."""
    availability_zones: pulumi.Output[Sequence[str]]
    packages_bucket: pulumi.Input[str]

    def zones(self, count: int) -> list[pulumi.Input[str]]:
        """As many zones as asked for, one after another."""
        return [self.availability_zones.apply(partial(_turn, number)) for number in range(count)]


def _turn(number: int, zones: Sequence[str]) -> str:
    return zones[number % len(zones)]


def foundation_ref(settings: Settings) -> FoundationRef:
    """Configured values if there are any, else the outputs of the foundation's stack."""
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
