"""The pooler's way in: an internal load balancer that passes TCP on, its name and its group."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws import ec2, lb, route53, vpc

from components.foundation import Foundation
from components.pgbouncer_ini import PORT
from components.postgres_server import PORT as POSTGRES
from components.private_zone import TTL_S
from components.way import Way
from config.settings import Clients

HTTPS = 443
DEREGISTRATION_S = 15
"""Until new connections certainly go to other tasks."""
ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True)
class PgbouncerEntryArgs:
    prefix: str
    network: Foundation
    clients: Clients
    host: str
    zone_id: pulumi.Input[str]


class PgbouncerEntry(pulumi.ComponentResource):
    """`task_group_id` is the tasks' security group; `listener` what has to stand before a service
    can be put behind the target group."""

    balancer: lb.LoadBalancer
    target_group: lb.TargetGroup
    listener: lb.Listener
    task_group_id: pulumi.Output[str]
    way: Way

    def __init__(
        self, name: str, args: PgbouncerEntryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:components:PgbouncerEntry", name, None, opts)
        self._name, self._args = name, args
        self._child = child = pulumi.ResourceOptions(parent=self)
        balancer_group = self._group("balancer", "Connections to the load balancer of PgBouncer")
        task_group = self._group("task", "Connections of the tasks of PgBouncer")
        self._rules(balancer_group, task_group)
        # The group is there from the start: AWS gives a load balancer that has none no other.
        self.balancer = lb.LoadBalancer(
            name,
            name=f"{args.prefix}-pgbouncer",
            internal=True,
            load_balancer_type="network",
            subnets=args.network.private_subnet_ids,
            security_groups=[balancer_group.id],
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
        self.task_group_id = task_group.id
        self.way = Way(balancer_group.id, PORT)
        self.register_outputs({"dns_name": self.balancer.dns_name})

    def _group(self, key: str, description: str) -> ec2.SecurityGroup:
        physical = f"{self._args.prefix}-pgbouncer-{key}"
        return ec2.SecurityGroup(
            f"{self._name}-{key}",
            name=physical,
            description=description,
            vpc_id=self._args.network.vpc_id,
            tags={"Name": physical},
            opts=self._child,
        )

    def _rules(self, balancer: ec2.SecurityGroup, task: ec2.SecurityGroup) -> None:
        cidr = self._args.network.vpc_cidr
        clients = self._args.clients
        admitted = [
            self._ingress("balancer-from-vpc", balancer, "from inside the VPC", cidr_ipv4=cidr),
            *(
                self._ingress(
                    f"balancer-from-{range_.replace('/', '-')}",
                    balancer,
                    f"from {range_}",
                    cidr_ipv4=range_,
                )
                for range_ in clients.cidrs
            ),
            *(
                self._ingress(
                    f"balancer-from-{group}",
                    balancer,
                    f"from members of {group}",
                    referenced_security_group_id=group,
                )
                for group in clients.security_groups
            ),
        ]
        to_task = self._egress(
            "balancer-to-task",
            balancer,
            "To the tasks of PgBouncer",
            PORT,
            referenced_security_group_id=task.id,
        )
        self._exclusive("balancer", balancer, admitted, [to_task])
        from_balancer = self._ingress(
            "task-from-balancer",
            task,
            "from the load balancer",
            referenced_security_group_id=balancer.id,
        )
        to_servers = self._egress(
            "task-to-servers", task, "PostgreSQL inside the VPC", POSTGRES, cidr_ipv4=cidr
        )
        # An image's layers come from S3, whose addresses are public on every way to it.
        to_aws = self._egress(
            "task-to-aws", task, "AWS: image, secrets and logs", HTTPS, cidr_ipv4=ANYWHERE
        )
        self._exclusive("task", task, [from_balancer], [to_servers, to_aws])

    def _ingress(
        self, key: str, group: ec2.SecurityGroup, text: str, **source: pulumi.Input[str]
    ) -> vpc.SecurityGroupIngressRule:
        return vpc.SecurityGroupIngressRule(
            f"{self._name}-{key}",
            security_group_id=group.id,
            description=f"PgBouncer {text}",
            ip_protocol="tcp",
            from_port=PORT,
            to_port=PORT,
            **source,
            opts=self._child,
        )

    def _egress(
        self, key: str, group: ec2.SecurityGroup, text: str, port: int, **to: pulumi.Input[str]
    ) -> vpc.SecurityGroupEgressRule:
        return vpc.SecurityGroupEgressRule(
            f"{self._name}-{key}",
            security_group_id=group.id,
            description=text,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            **to,
            opts=self._child,
        )

    def _exclusive(
        self,
        key: str,
        group: ec2.SecurityGroup,
        ingress: list[vpc.SecurityGroupIngressRule],
        egress: list[vpc.SecurityGroupEgressRule],
    ) -> None:
        """Rules that somebody adds by hand are drift: this resource owns the two lists."""
        ec2.VpcSecurityGroupRulesExclusive(
            f"{self._name}-{key}",
            security_group_id=group.id,
            ingress_rule_ids=[rule.security_group_rule_id for rule in ingress],
            egress_rule_ids=[rule.security_group_rule_id for rule in egress],
            opts=self._child,
        )
