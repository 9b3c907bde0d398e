"""Rules for EC2: networks, load balancers, hosts and volumes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from policy.model import PolicyResource, PolicyRule, Severity, at, known, of_type

VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
DEFAULT_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
FLOW_LOG = "aws:ec2/flowLog:FlowLog"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
LEGACY_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
HOST = "aws:ec2/instance:Instance"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
VOLUME = "aws:ebs/volume:Volume"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"

ANYWHERE = frozenset({"0.0.0.0/0", "::/0"})
GUARDED_PORTS = (
    # Security Hub's list
    *(20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 3389, 4333, 5000, 5432),
    *(5500, 5601, 8080, 8088, 8888, 9200, 9300),
    # and the ports of the data stores: PgBouncer, Redis, ClickHouse and its Keeper
    *(6432, 6379, 8123, 8443, 9000, 9009, 9010, 9181, 9234, 9281, 9440),
)
RANGES = ("cidrIpv4", "cidrIpv6", "cidrBlocks", "ipv6CidrBlocks")


def ingress(resource: PolicyResource) -> Iterator[Any]:
    """The ingress rules of a security group or rule resource."""
    if resource.type == GROUP:
        yield from resource.items("ingress")
    elif resource.type == INGRESS or resource.get("type") == "ingress":
        yield resource.inputs


def is_open_to_everybody(rule: Any) -> bool:
    sources: set[str] = set()
    for key in RANGES:
        value = at(rule, key)
        sources.update(value if isinstance(value, list) else [str(value)])
    protocol = str(at(rule, "ipProtocol") or at(rule, "protocol"))
    return bool(sources & ANYWHERE) and (protocol in ("-1", "all") or _reaches_a_guarded_port(rule))


def _reaches_a_guarded_port(rule: Any) -> bool:
    first, last = at(rule, "fromPort"), at(rule, "toPort")
    if first is None:
        return True
    if not known(first) or not known(last):
        return False
    return any(int(first) <= port <= int(first if last is None else last) for port in GUARDED_PORTS)


def is_closed(vpc: PolicyResource, everything: Sequence[PolicyResource]) -> bool:
    """Whether the program manages the VPC's default group and closes it: AWS creates it open."""
    return any(
        vpc.is_named_in(group, "vpcId") and not group.items("ingress") and not group.items("egress")
        for group in of_type(everything, DEFAULT_GROUP)
    )


def disks(host: PolicyResource) -> list[Any]:
    """The disks of a host. An undeclared root disk counts as not encrypted: the image decides."""
    root = host.get("rootBlockDevice")
    return [root if root is not None else {}, *host.items("ebsBlockDevices")]


def is_encrypted(disk: Any) -> bool:
    encrypted = at(disk, "encrypted")
    return encrypted is True or not known(encrypted)


def asks_for_tokens(host: PolicyResource) -> bool:
    return host.is_one_of("metadataOptions.httpTokens", "required") or (
        host.get("metadataOptions.httpEndpoint") == "disabled"
    )


RULES = (
    PolicyRule(
        "EC2.2",
        "the VPC's default security group allows no traffic",
        Severity.HIGH,
        (VPC,),
        "add a DefaultSecurityGroup with ingress=[] and egress=[]",
        among=is_closed,
    ),
    PolicyRule(
        "EC2.3",
        "volumes and disks are encrypted",
        Severity.MEDIUM,
        (VOLUME, HOST),
        "set encrypted=True on the volume, root_block_device and every ebs_block_device",
        alone=lambda r: r.on("encrypted") if r.type == VOLUME else all(map(is_encrypted, disks(r))),
    ),
    PolicyRule(
        "EC2.6",
        "the VPC has flow logs",
        Severity.MEDIUM,
        (VPC,),
        "add a FlowLog of the VPC",
        among=lambda r, all_: any(r.is_named_in(log, "vpcId") for log in of_type(all_, FLOW_LOG)),
    ),
    PolicyRule(
        "EC2.8",
        "instance metadata requires a token (IMDSv2)",
        Severity.HIGH,
        (HOST, TEMPLATE),
        'set metadata_options.http_tokens to "required"',
        alone=asks_for_tokens,
    ),
    PolicyRule(
        "EC2.9",
        "hosts have no public IP address",
        Severity.HIGH,
        (HOST,),
        "set associate_public_ip_address=False; unset leaves it to the subnet",
        alone=lambda r: r.is_one_of("associatePublicIpAddress", False),
    ),
    PolicyRule(
        "EC2.19",
        "no sensitive port is open to everybody",
        Severity.CRITICAL,
        (GROUP, INGRESS, LEGACY_RULE),
        "name the security groups or ranges that may connect",
        alone=lambda r: not any(map(is_open_to_everybody, ingress(r))),
    ),
    PolicyRule(
        "ELB.6",
        "deletion protection is enabled",
        Severity.MEDIUM,
        (BALANCER,),
        "set enable_deletion_protection=True",
        alone=lambda r: r.on("enableDeletionProtection"),
    ),
    PolicyRule(
        "CKV_AWS_23",
        "every security group and rule has a description",
        Severity.LOW,
        (GROUP, INGRESS, EGRESS, LEGACY_RULE),
        "add a description",
        alone=lambda r: (
            r.given("description")
            and all(
                at(rule, "description") for key in ("ingress", "egress") for rule in r.items(key)
            )
        ),
    ),
)
