"""Who calls the stores: their security groups, made before any rule names one.

A store's rules name its callers and a caller's rules the stores: groups come first, rules after.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pulumi

from components.network.security_group import exclusive_rules, security_group

Client = Literal["clients", "pooler", "bastion"]

GROUPS: Mapping[Client, tuple[str, str, str]] = {
    "clients": ("clients", "clients", "Put on by tasks of the application to be let in"),
    "pooler": ("pgbouncer-task", "pgbouncer-task", "Connections of the tasks of PgBouncer"),
    "bastion": ("bastion", "bastion", "Connections of the bastion task"),
}
"""Logical name, what the physical one ends in, description."""


@dataclass(frozen=True, kw_only=True)
class ClientSecurityGroupsArgs:
    prefix: str
    vpc_id: pulumi.Input[str]


class ClientSecurityGroups(pulumi.ComponentResource):
    """`ids` holds the groups' ids; whoever is the caller makes the rules of its group."""

    ids: Mapping[Client, pulumi.Output[str]]

    def __init__(
        self, name: str, args: ClientSecurityGroupsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:network:ClientSecurityGroups", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.ids = {
            caller: security_group(
                logical,
                f"{args.prefix}-{physical}",
                description,
                args.vpc_id,
                child,
            ).id
            for caller, (logical, physical, description) in GROUPS.items()
        }
        # Membership is all that it gives: what the application may call stands in its own group.
        exclusive_rules("clients", self.ids["clients"], child)
        self.register_outputs({"ids": self.ids})
