"""A security group and its rules: who gets in on which port, and where its members go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import ec2, vpc

ANYWHERE = "0.0.0.0/0"

Peer = Mapping[str, pulumi.Input[str]]


def from_security_group(security_group_id: pulumi.Input[str]) -> Peer:
    return {"referenced_security_group_id": security_group_id}


def from_cidr(cidr: pulumi.Input[str]) -> Peer:
    return {"cidr_ipv4": cidr}


@dataclass(frozen=True)
class SecurityGroupRule:
    """One port over TCP, for one peer."""

    name: str
    """The logical one."""
    port: int
    description: str
    peer: Peer


def security_group(
    name: str,
    physical: str,
    description: str,
    vpc_id: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> ec2.SecurityGroup:
    """Without rules, so that rules of other groups can name it before it has its own."""
    return ec2.SecurityGroup(
        name,
        name=physical,
        description=description,
        vpc_id=vpc_id,
        tags={"Name": physical},
        opts=opts,
    )


def exclusive_rules(
    name: str,
    security_group_id: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
    *,
    ingress: Sequence[SecurityGroupRule] = (),
    egress: Sequence[SecurityGroupRule] = (),
) -> None:
    """All rules of the group: those that somebody adds by hand are drift."""
    entering = [
        vpc.SecurityGroupIngressRule(
            rule.name,
            security_group_id=security_group_id,
            description=rule.description,
            ip_protocol="tcp",
            from_port=rule.port,
            to_port=rule.port,
            **rule.peer,
            opts=opts,
        )
        for rule in ingress
    ]
    leaving = [
        vpc.SecurityGroupEgressRule(
            rule.name,
            security_group_id=security_group_id,
            description=rule.description,
            ip_protocol="tcp",
            from_port=rule.port,
            to_port=rule.port,
            **rule.peer,
            opts=opts,
        )
        for rule in egress
    ]
    ec2.VpcSecurityGroupRulesExclusive(
        name,
        security_group_id=security_group_id,
        ingress_rule_ids=[rule.security_group_rule_id for rule in entering],
        egress_rule_ids=[rule.security_group_rule_id for rule in leaving],
        opts=opts,
    )
