"""Who a store lets in: callers of the stack, and those who are configured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.network.client_security_groups import Caller
from components.network.security_group import Rule, members, network
from config.settings.network import Clients


@dataclass(frozen=True)
class Admitted:
    callers: Mapping[Caller, pulumi.Input[str]]
    """Their security groups."""
    clients: Clients

    @staticmethod
    def of(
        clients: Clients, groups: Mapping[Caller, pulumi.Input[str]], *callers: Caller
    ) -> Admitted:
        """Of all groups of callers, those of some."""
        return Admitted({caller: groups[caller] for caller in callers}, clients)

    def rules(self, name: str, port: int, service: str) -> list[Rule]:
        """`name` is what their names begin with."""
        configured = self.clients
        peers = [
            *((caller, caller, members(group)) for caller, group in self.callers.items()),
            *((cidr.replace("/", "-"), cidr, network(cidr)) for cidr in configured.cidrs),
            *((group, group, members(group)) for group in configured.security_groups),
        ]
        return [
            Rule(f"{name}-from-{key}", port, f"{service} from {who}", peer)
            for key, who, peer in peers
        ]
