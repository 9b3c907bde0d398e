"""Helpers for security groups: create a group, and manage all of its rules exclusively."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import ec2, vpc

ANYWHERE = "0.0.0.0/0"

Peer = Mapping[str, pulumi.Input[str]]
"""The other side of a rule, as keyword arguments of a rule resource: the source of an ingress rule
or the destination of an egress rule."""


def from_security_group(security_group_id: pulumi.Input[str]) -> Peer:
    """Every member of a security group."""
    return {"referenced_security_group_id": security_group_id}


def from_cidr(cidr: pulumi.Input[str]) -> Peer:
    """Every address of an IPv4 CIDR block."""
    return {"cidr_ipv4": cidr}


@dataclass(frozen=True)
class SecurityGroupRule:
    """A rule that allows one TCP port for one peer."""

    name: str
    """The logical name."""
    port: int
    description: str
    peer: Peer


def security_group(
    name: str,
    physical_name: str,
    description: str,
    vpc_id: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> ec2.SecurityGroup:
    """A security group without rules, so that two groups can refer to each other in their rules."""
    return ec2.SecurityGroup(
        name,
        name=physical_name,
        description=description,
        vpc_id=vpc_id,
        tags={"Name": physical_name},
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
    """Creates the rules of a group and declares them to be all it has: the next update removes
    rules that were added by hand."""
    ingress_rules = [
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
    egress_rules = [
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
        ingress_rule_ids=[rule.security_group_rule_id for rule in ingress_rules],
        egress_rule_ids=[rule.security_group_rule_id for rule in egress_rules],
        opts=opts,
    )
