"""The pooler's way in: an internal load balancer that passes TCP on, its name and its group."""

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
from components.postgres.instance import PORT as POSTGRES

HTTPS = 443
DEREGISTRATION_S = 15
"""Until new connections certainly go to other tasks."""


@dataclass(frozen=True, kw_only=True)
class PgbouncerLoadBalancerArgs:
    prefix: str
    network: FoundationRef
    ingress_sources: IngressSources
    task_group_id: pulumi.Input[str]
    servers_group_id: pulumi.Input[str]
    """Of PostgreSQL."""
    host: str
    zone_id: pulumi.Input[str]


class PgbouncerLoadBalancer(pulumi.ComponentResource):
    """`listener` is what has to stand before a service can be put behind the target group."""

    balancer: lb.LoadBalancer
    target_group: lb.TargetGroup
    listener: lb.Listener
    endpoint: StoreEndpoint

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
        # The group is there from the start: AWS gives a load balancer that has none no other.
        self.balancer = lb.LoadBalancer(
            name,
            name=f"{args.prefix}-pgbouncer",
            internal=True,
            load_balancer_type="network",
            subnets=args.network.private_subnet_ids,
            security_groups=[group.id],
            # There may be fewer tasks than zones, and each zone's address must lead to one.
            enable_cross_zone_load_balancing=True,
            opts=child,
        )
        # TCP and no TLS of its own: libpq asks for TLS after it has connected. What the check
        # can't see, that the pool reaches its server, is the container's own health check.
        self.target_group = lb.TargetGroup(
            name,
            name=f"{args.prefix}-pgbouncer",
            port=PORT,
            protocol="TCP",
            target_type="ip",
            vpc_id=args.network.vpc_id,
            # ECS ends a task only when the balancer has let go of it: whoever is connected then
            # must stay so until the pooler itself drains.
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

    def _rules(self, balancer: pulumi.Input[str], task: pulumi.Input[str]) -> None:
        name, args = self._name, self._args
        exclusive_rules(
            f"{name}-balancer",
            balancer,
            self._child,
            ingress=args.ingress_sources.rules(f"{name}-balancer", PORT, "PgBouncer"),
            egress=[
                SecurityGroupRule(
                    f"{name}-balancer-to-task",
                    PORT,
                    "To the tasks of PgBouncer",
                    from_security_group(task),
                )
            ],
        )
        exclusive_rules(
            "pgbouncer-task",
            task,
            self._child,
            ingress=[
                SecurityGroupRule(
                    "pgbouncer-task-from-balancer",
                    PORT,
                    "PgBouncer from the load balancer",
                    from_security_group(balancer),
                )
            ],
            egress=[
                SecurityGroupRule(
                    "pgbouncer-task-to-postgres",
                    POSTGRES,
                    "To the servers of PostgreSQL",
                    from_security_group(args.servers_group_id),
                ),
                # An image's layers come from S3, whose addresses are public on every way to it.
                SecurityGroupRule(
                    "pgbouncer-task-to-aws",
                    HTTPS,
                    "AWS: image, secrets and logs",
                    from_cidr(ANYWHERE),
                ),
            ],
        )
