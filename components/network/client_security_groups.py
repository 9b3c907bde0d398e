"""Security groups of the clients of the data stores: applications, PgBouncer and the bastion.

The rules of a store refer to the groups of its clients, and the rules of a client refer to the
groups of the stores. Creating the groups first, without rules, breaks that cycle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pulumi

from components.network.security_group import exclusive_rules, security_group

Client = Literal["clients", "pooler", "bastion"]

GROUPS: Mapping[Client, tuple[str, str]] = {
    "clients": ("clients", "Application tasks that connect to the data stores"),
    "pooler": ("pgbouncer-task", "PgBouncer tasks"),
    "bastion": ("bastion", "Bastion task"),
}
"""The name (the logical one, and the physical one after the prefix) and the description."""


@dataclass(frozen=True, kw_only=True)
class ClientSecurityGroupsArgs:
    prefix: str
    vpc_id: pulumi.Input[str]


class ClientSecurityGroups(pulumi.ComponentResource):
    """One security group per client. PgBouncer and the bastion add the rules of their own group;
    the group of the applications has none."""

    ids: Mapping[Client, pulumi.Output[str]]
    """Security group ids by client."""

    def __init__(
        self, name: str, args: ClientSecurityGroupsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:network:ClientSecurityGroups", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.ids = {
            client: security_group(
                group_name,
                f"{args.prefix}-{group_name}",
                description,
                args.vpc_id,
                child,
            ).id
            for client, (group_name, description) in GROUPS.items()
        }
        # No egress rule: an application attaches this group in addition to its own group, which
        # has the application's egress rules.
        exclusive_rules("clients", self.ids["clients"], child)
        self.register_outputs({"ids": self.ids})
