"""The network that the main project builds in: the foundation's outputs, or plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from config.settings import Settings


@dataclass(frozen=True)
class Foundation:
    vpc_id: pulumi.Input[str]
    vpc_cidr: pulumi.Input[str]
    data_subnet_ids: pulumi.Input[Sequence[str]]


def foundation(settings: Settings) -> Foundation:
    if settings.network is not None:
        return Foundation(
            settings.network.vpc_id,
            settings.network.vpc_cidr,
            list(settings.network.data_subnet_ids),
        )
    stack = pulumi.StackReference("foundation", stack_name=settings.foundation_stack)
    return Foundation(
        stack.require_output("vpc_id"),
        stack.require_output("vpc_cidr"),
        stack.require_output("subnet_ids").apply(lambda by_tier: by_tier["data"]),
    )
