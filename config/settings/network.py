"""Settings of the network: the VPC, its subnets, endpoints and peerings, and allowed clients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from config.model import Model
from config.settings.types import (
    ACCOUNT,
    REGION,
    DeletionProtection,
    LogRetention,
    SecurityGroupId,
    SubnetId,
    VpcId,
)
from config.sizing.subnets import Tier

GatewayService = Literal["s3", "dynamodb"]
InterfaceService = Literal[
    "backup",
    "ec2messages",
    "ecr.api",
    "ecr.dkr",
    "ecs",
    "ecs-agent",
    "ecs-telemetry",
    "elasticloadbalancing",
    "events",
    "kms",
    "logs",
    "monitoring",
    "rds",
    "secretsmanager",
    "sns",
    "ssm",
    "ssmmessages",
    "sts",
]
Zone = Annotated[
    str,
    Field(
        pattern=r"^[a-z]{2}(-[a-z]+)+-\d[a-h]$",
        description="an availability zone, such as us-east-1a",
    ),
]
Cidr = Annotated[str, Field(description="an IPv4 network, such as 10.20.0.0/16")]


class NetworkIds(Model):
    """The foundation's outputs as plain values, for use when its stack cannot be referenced."""

    vpc_id: VpcId
    vpc_cidr: str = Field(description="the VPC's IPv4 range, such as 10.20.0.0/16")
    data_subnet_ids: tuple[SubnetId, ...] = Field(
        min_length=2, description="ids of subnets in at least two zones: [subnet-…, subnet-…]"
    )
    private_subnet_ids: tuple[SubnetId, ...] = Field(
        min_length=2, description="ids of subnets in at least two zones: [subnet-…, subnet-…]"
    )
    repository_url: str = Field(
        pattern=r"^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/[a-z0-9][a-z0-9._/-]*$",
        description="the image repository: 123456789012.dkr.ecr.us-east-1.amazonaws.com/…",
    )
    availability_zones: tuple[Zone, ...] = Field(
        min_length=2,
        description="the availability zones of those subnets, in order: [us-east-1a, …]",
    )
    packages_bucket: str = Field(
        pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        description="the name of the S3 bucket with the packages that hosts install",
    )


class AllowedClients(Model):
    """Clients, in addition to the stack's own security groups, that may connect to the stores."""

    cidrs: tuple[Cidr, ...] = Field(description="IPv4 networks, such as [10.40.0.0/16], or []")
    security_groups: tuple[SecurityGroupId, ...] = Field(
        description="ids of security groups, such as [sg-…], or []"
    )


class PrivateDnsZone(Model):
    name: str = Field(
        pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?$",
        max_length=220,
        description="a private domain name, such as nexusflow.internal",
    )

    def fqdn(self, label: str) -> str:
        """The full name of a record in the zone."""
        return f"{label}.{self.name}"


class VpcEndpointSettings(Model):
    """AWS services with a VPC endpoint."""

    gateway: tuple[GatewayService, ...] = Field(
        default=(), description="services with a gateway endpoint: [s3] or [s3, dynamodb]"
    )
    interface: tuple[InterfaceService, ...] = Field(
        default=(),
        description="services with an interface endpoint, such as [secretsmanager, kms], or []",
    )


class FlowLogSettings(Model):
    retention_days: LogRetention


class PeeringSettings(Model):
    """A peered VPC whose clients connect to this one; its owner has to accept the peering."""

    name: str = Field(
        pattern=r"^[a-z][a-z0-9-]{0,29}$",
        description="a name of at most 30 lower-case letters, digits and hyphens",
    )
    vpc_id: VpcId
    cidr: Cidr
    account_id: str = Field(pattern=ACCOUNT, description="a quoted 12-digit account number")
    region: str = Field(pattern=REGION, description="an AWS region, such as us-east-1")


class SubnetIds(Model):
    public: tuple[SubnetId, ...] = Field((), description="ids of public subnets, or []")
    private: tuple[SubnetId, ...] = Field(
        min_length=2, description="ids of subnets in at least two zones: [subnet-…, subnet-…]"
    )
    data: tuple[SubnetId, ...] = Field(
        min_length=2, description="ids of subnets in at least two zones: [subnet-…, subnet-…]"
    )

    @property
    def by_tier(self) -> Mapping[Tier, tuple[str, ...]]:
        return {"public": self.public, "private": self.private, "data": self.data}


class ExistingVpc(Model):
    """An existing VPC that is used as it is: nothing in it is created or changed."""

    vpc_id: VpcId
    vpc_cidr: str = Field(description="the VPC's IPv4 range, such as 10.20.0.0/16")
    subnet_ids: SubnetIds = Field(description="{public: […], private: […], data: […]}")


class NetworkSettings(Model):
    """A VPC to create, or an existing one.

    With `existing`, only the availability zones may be given (config/rules/network.py checks it).
    """

    availability_zones: tuple[Zone, ...] = Field(
        min_length=2, description="at least two zones, such as [us-east-1a, us-east-1b]"
    )
    existing: ExistingVpc | None = Field(
        None, description="{vpc_id: …, vpc_cidr: …, subnet_ids: {…}} of an existing VPC"
    )
    cidr: str = Field("", description="the VPC's IPv4 range from /16 to /20, such as 10.20.0.0/16")
    subnets: Mapping[Tier, Mapping[Zone, Cidr]] = Field(
        default_factory=dict,
        description="ranges that replace planned ones: {data: {us-east-1a: 10.20.64.0/22}}",
    )
    nat: Literal["none", "single", "per_az"] = Field(
        "none", description="none, single or per_az: the NAT gateways of private subnets"
    )
    endpoints: VpcEndpointSettings = Field(
        default_factory=lambda: VpcEndpointSettings(), description="{gateway: […], interface: […]}"
    )
    flow_logs: FlowLogSettings = Field(
        default_factory=lambda: FlowLogSettings(retention_days=365),
        description="{retention_days: …}",
    )
    deletion_protection: DeletionProtection = Field(
        default_factory=lambda: DeletionProtection(enabled=True, reason=""),
        description="{enabled: true}, or {enabled: false, reason: …}: of the VPC, its subnets, "
        "NAT gateways and endpoints",
    )
    peering: tuple[PeeringSettings, ...] = Field(
        (), description="[{name: …, vpc_id: …, cidr: …, account_id: …, region: …}]"
    )
