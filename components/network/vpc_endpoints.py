"""VPC endpoints: access to AWS services without leaving the VPC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import ec2

from components.network.security_group import (
    SecurityGroupRule,
    exclusive_rules,
    from_cidr,
    security_group,
)
from components.scope import StackScope
from config.settings.network import VpcEndpointSettings

HTTPS = 443


@dataclass(frozen=True, kw_only=True)
class VpcEndpointsArgs:
    scope: StackScope
    settings: VpcEndpointSettings
    vpc_id: pulumi.Input[str]
    vpc_cidr: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    """Subnets of the interface endpoints, one per availability zone."""
    route_table_ids: Sequence[pulumi.Input[str]]
    """Route tables that get a route to the gateway endpoints."""
    protected: bool
    """Whether the engine refuses to delete an endpoint."""


class VpcEndpoints(pulumi.ComponentResource):
    """Gateway and interface endpoints, and the security group of the interface endpoints."""

    ids: Mapping[str, pulumi.Output[str]]
    """Endpoint ids by service, such as s3 or ecr.api."""

    def __init__(
        self, name: str, args: VpcEndpointsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:network:VpcEndpoints", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self._protected = pulumi.ResourceOptions(parent=self, protect=args.protected)
        gateways = {
            service: ec2.VpcEndpoint(
                f"{name}-{service}",
                vpc_id=args.vpc_id,
                service_name=f"com.amazonaws.{args.scope.region}.{service}",
                vpc_endpoint_type="Gateway",
                route_table_ids=args.route_table_ids,
                tags={"Name": f"{args.scope.prefix}-{service}"},
                opts=self._protected,
            )
            for service in args.settings.gateway
        }
        self.ids = {
            service: endpoint.id for service, endpoint in (gateways | self._interfaces()).items()
        }
        self.register_outputs({"ids": self.ids})

    def _interfaces(self) -> dict[str, ec2.VpcEndpoint]:
        args, services = self._args, self._args.settings.interface
        if not services:
            return {}
        group = self._security_group()
        return {
            service: ec2.VpcEndpoint(
                f"{self._name}-{service}",
                vpc_id=args.vpc_id,
                service_name=f"com.amazonaws.{args.scope.region}.{service}",
                vpc_endpoint_type="Interface",
                subnet_ids=args.subnet_ids,
                security_group_ids=[group.id],
                private_dns_enabled=True,
                tags={"Name": f"{args.scope.prefix}-{service}"},
                opts=self._protected,
            )
            for service in services
        }

    def _security_group(self) -> ec2.SecurityGroup:
        name, args = self._name, self._args
        physical_name = f"{args.scope.prefix}-endpoints"
        group = security_group(
            name, physical_name, "Calls to AWS services", args.vpc_id, self._child
        )
        # Any workload in the VPC may call AWS. Endpoints open no connections: no egress rule.
        from_vpc = SecurityGroupRule(
            f"{name}-from-vpc", HTTPS, "HTTPS from inside the VPC", from_cidr(args.vpc_cidr)
        )
        exclusive_rules(name, group.id, self._child, ingress=[from_vpc])
        return group
