"""Sources that may connect to a data store: clients of this stack, and CIDR blocks and security
groups from the stack file."""

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
    """Ids of security groups of this stack, by client."""
    allowed_clients: AllowedClients
    """CIDR blocks and security groups outside this stack."""

    @staticmethod
    def of(
        allowed_clients: AllowedClients,
        client_groups: Mapping[Client, pulumi.Input[str]],
        *clients: Client,
    ) -> IngressSources:
        """The named clients of this stack, and the allowed clients from the stack file."""
        return IngressSources(
            {client: client_groups[client] for client in clients}, allowed_clients
        )

    def rules(self, name: str, port: int, service: str) -> list[SecurityGroupRule]:
        """One ingress rule per source. `name` is the prefix of the rules' logical names, `service`
        the start of their descriptions."""
        allowed = self.allowed_clients
        sources = [
            *((client, from_security_group(group)) for client, group in self.client_groups.items()),
            *((cidr, from_cidr(cidr)) for cidr in allowed.cidrs),
            *((group, from_security_group(group)) for group in allowed.security_groups),
        ]
        return [
            SecurityGroupRule(
                f"{name}-from-{source.replace('/', '-')}", port, f"{service} from {source}", peer
            )
            for source, peer in sources
        ]
