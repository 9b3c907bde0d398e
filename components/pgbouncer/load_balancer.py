"""The internal Network Load Balancer in front of PgBouncer's tasks, its DNS record, and the rules
of its security group and of the tasks' one."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws import lb, route53

from components.network.foundation_ref import FoundationRef
from components.network.ingress import IngressSources
from components.network.private_dns import TTL_S
from components.network.security_group import (
    ANYWHERE,
    SecurityGroupRule,
    exclusive_rules,
    from_cidr,
    from_security_group,
    security_group,
)
from components.network.store_endpoint import StoreEndpoint
from components.pgbouncer.config import PORT
from components.postgres.instance import PORT as POSTGRES_PORT

HTTPS = 443
DEREGISTRATION_S = 15
"""Enough for the load balancer to stop sending new connections to a task."""


@dataclass(frozen=True, kw_only=True)
class PgbouncerLoadBalancerArgs:
    prefix: str
    network: FoundationRef
    ingress_sources: IngressSources
    task_group_id: pulumi.Input[str]
    """The security group of PgBouncer's tasks."""
    postgres_group_id: pulumi.Input[str]
    """The security group of the PostgreSQL servers."""
    host: str
    """The fully qualified name that clients connect to."""
    zone_id: pulumi.Input[str]
    protected: bool
    """Whether neither AWS nor the engine deletes the load balancer, the only way to PgBouncer."""


class PgbouncerLoadBalancer(pulumi.ComponentResource):
    """A TCP load balancer with its target group, listener, security group and DNS record."""

    balancer: lb.LoadBalancer
    target_group: lb.TargetGroup
    listener: lb.Listener
    """ECS refuses a service whose target group has no listener: services depend on this one."""
    endpoint: StoreEndpoint
    """The security group of the load balancer and PgBouncer's port."""

    def __init__(
        self, name: str, args: PgbouncerLoadBalancerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:pgbouncer:PgbouncerLoadBalancer", name, None, opts)
        self._name, self._args = name, args
        self._child = child = pulumi.ResourceOptions(parent=self)
        group = security_group(
            f"{name}-balancer",
            f"{args.prefix}-pgbouncer-balancer",
            "Connections to the load balancer of PgBouncer",
            args.network.vpc_id,
            child,
        )
        self._rules(group.id, args.task_group_id)
        # A Network Load Balancer that is created without security groups can never get one.
        self.balancer = lb.LoadBalancer(
            name,
            name=f"{args.prefix}-pgbouncer",
            internal=True,
            load_balancer_type="network",
            subnets=args.network.private_subnet_ids,
            security_groups=[group.id],
            # With fewer tasks than zones, the address of some zone would have no target.
            enable_cross_zone_load_balancing=True,
            enable_deletion_protection=args.protected,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protected),
        )
        # No TLS listener: PostgreSQL clients negotiate TLS inside the connection. The TCP check
        # only sees that PgBouncer listens; the container's health check runs a query through it.
        self.target_group = lb.TargetGroup(
            name,
            name=f"{args.prefix}-pgbouncer",
            port=PORT,
            protocol="TCP",
            target_type="ip",
            vpc_id=args.network.vpc_id,
            # ECS stops a task only after its deregistration. Established connections must survive
            # that, because PgBouncer drains them after it receives SIGTERM.
            deregistration_delay=DEREGISTRATION_S,
            connection_termination=False,
            health_check=lb.TargetGroupHealthCheckArgs(
                protocol="TCP", interval=10, healthy_threshold=2, unhealthy_threshold=2
            ),
            opts=child,
        )
        self.listener = lb.Listener(
            name,
            load_balancer_arn=self.balancer.arn,
            port=PORT,
            protocol="TCP",
            default_actions=[
                lb.ListenerDefaultActionArgs(type="forward", target_group_arn=self.target_group.arn)
            ],
            opts=child,
        )
        route53.Record(
            name,
            zone_id=args.zone_id,
            name=args.host,
            type="CNAME",
            ttl=TTL_S,
            records=[self.balancer.dns_name],
            opts=child,
        )
        self.endpoint = StoreEndpoint(group.id, PORT)
        self.register_outputs({"dns_name": self.balancer.dns_name})

    def _rules(
        self, balancer_group_id: pulumi.Input[str], task_group_id: pulumi.Input[str]
    ) -> None:
        name, args = self._name, self._args
        exclusive_rules(
            f"{name}-balancer",
            balancer_group_id,
            self._child,
            ingress=args.ingress_sources.rules(f"{name}-balancer", PORT, "PgBouncer"),
            egress=[
                SecurityGroupRule(
                    f"{name}-balancer-to-task",
                    PORT,
                    "To the tasks of PgBouncer",
                    from_security_group(task_group_id),
                )
            ],
        )
        exclusive_rules(
            "pgbouncer-task",
            task_group_id,
            self._child,
            ingress=[
                SecurityGroupRule(
                    "pgbouncer-task-from-balancer",
                    PORT,
                    "PgBouncer from the load balancer",
                    from_security_group(balancer_group_id),
                )
            ],
            egress=[
                SecurityGroupRule(
                    "pgbouncer-task-to-postgres",
                    POSTGRES_PORT,
                    "To the servers of PostgreSQL",
                    from_security_group(args.postgres_group_id),
                ),
                # ANYWHERE: image layers come from S3, which has public addresses even through a
                # gateway endpoint.
                SecurityGroupRule(
                    "pgbouncer-task-to-aws",
                    HTTPS,
                    "AWS: image, secrets and logs",
                    from_cidr(ANYWHERE),
                ),
            ],
        )
