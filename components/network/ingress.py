"""Who a store lets in: callers of the stack, and those who are configured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.network.client_security_groups import Client
from components.network.security_group import SecurityGroupRule, from_cidr, from_security_group
from config.settings.network import AllowedClients


@dataclass(frozen=True)
class IngressSources:
    client_groups: Mapping[Client, pulumi.Input[str]]
    """Their security groups."""
    clients: AllowedClients

    @staticmethod
    def of(
        clients: AllowedClients, groups: Mapping[Client, pulumi.Input[str]], *client_groups: Client
    ) -> IngressSources:
        """Of all groups of callers, those of some."""
        return IngressSources({caller: groups[caller] for caller in client_groups}, clients)

    def rules(self, name: str, port: int, service: str) -> list[SecurityGroupRule]:
        """`name` is what their names begin with."""
        configured = self.clients
        peers = [
            *(
                (caller, caller, from_security_group(group))
                for caller, group in self.client_groups.items()
            ),
            *((cidr.replace("/", "-"), cidr, from_cidr(cidr)) for cidr in configured.cidrs),
            *((group, group, from_security_group(group)) for group in configured.security_groups),
        ]
        return [
            SecurityGroupRule(f"{name}-from-{key}", port, f"{service} from {who}", peer)
            for key, who, peer in peers
        ]
