"""Broken lines of the foundation's network."""

from __future__ import annotations

from pathlib import Path

from tests.unit.config.broken import FOUNDATION, NET, PEER, Broken

_STACK_FILE = Path(__file__).resolve().parents[4] / FOUNDATION
OWN_NETWORK = _STACK_FILE.read_text("utf-8").partition("network:\n")[2]
OWN_NETWORK = OWN_NETWORK.partition("  nexusflow-foundation:")[0]
EXISTING = """    availability_zones: [us-east-1a, us-east-1b]
    existing:
      vpc_id: vpc-0a
      vpc_cidr: 10.20.0.0/16
      subnet_ids: {private: [subnet-1, subnet-2], data: [subnet-3, subnet-4]}
"""

FAULTS = [
    # the foundation's network
    Broken(
        FOUNDATION,
        "    nat: per_az\n",
        "",
        f"{NET}.nat: missing; give none, single or per_az: the NAT gateways of private subnets",
    ),
    Broken(
        FOUNDATION,
        OWN_NETWORK,
        f"{EXISTING}    nat: none\n",
        f"{NET}.nat: not allowed together with existing; leave out one of the two: the owner "
        "of an existing VPC decides this",
    ),
    Broken(
        FOUNDATION,
        OWN_NETWORK,
        EXISTING.replace("10.20.0.0/16", "10.20.0.0/8"),
        f"{NET}.existing.vpc_cidr: 10.20.0.0/8 is not an IPv4 network; write the VPC's "
        "range, such as 10.20.0.0/16",
    ),
    Broken(
        FOUNDATION,
        OWN_NETWORK,
        EXISTING.replace("subnet-4", "subnet-1"),
        f"{NET}.existing.subnet_ids: subnet-1 is listed twice; list each subnet once, in one tier",
    ),
    Broken(
        FOUNDATION,
        "cidr: 10.20.0.0/16\n",
        "cidr: 10.20.0.0/24\n",
        f"{NET}.cidr: 10.20.0.0/24 is not a private IPv4 network of /16 to /20; "
        "write a network address with its prefix, such as 10.20.0.0/16",
    ),
    Broken(
        FOUNDATION,
        "us-east-1c]",
        "us-west-2c]",
        f"{NET}.availability_zones: us-west-2c is not in us-east-1; list only zones of "
        "us-east-1, or change aws:region",
    ),
    Broken(
        FOUNDATION,
        "us-east-1c]",
        "us-east-1a]",
        f"{NET}.availability_zones: us-east-1a is listed twice; list each zone once",
    ),
    Broken(
        FOUNDATION,
        "peering: []",
        "peering: []\n    subnets: {data: {us-east-1a: 10.20.64.1/22}}",
        f"{NET}.subnets.data.us-east-1a: 10.20.64.1/22 is not an IPv4 network; write a "
        "network address with its prefix, such as 10.20.64.0/22",
    ),
    Broken(
        FOUNDATION,
        "peering: []",
        "peering: []\n    subnets: {data: {us-east-1d: 10.20.224.0/22}}",
        f"{NET}.subnets.data.us-east-1d: us-east-1d is not one of availability_zones; name "
        "one of the zones, or add it to availability_zones",
    ),
    Broken(
        FOUNDATION,
        "peering: []",
        "peering: []\n    subnets: {data: {us-east-1a: 10.30.64.0/22}}",
        f"{NET}.subnets.data.us-east-1a: 10.30.64.0/22 is outside the VPC's 10.20.0.0/16; "
        "write a range inside it",
    ),
    Broken(
        FOUNDATION,
        "peering: []",
        "peering: []\n    subnets: {data: {us-east-1a: 10.20.72.0/22}}",
        f"{NET}.subnets.data.us-east-1a: 10.20.72.0/22 overlaps 10.20.72.0/21 of "
        "data.us-east-1b; write a free range, or move the other subnet too",
    ),
    Broken(
        FOUNDATION,
        "peering: []",
        "peering: []\n    subnets: {private: {us-east-1a: 10.20.192.0/27}}",
        f"{NET}.subnets.private.us-east-1a: 10.20.192.0/27 has 27 usable addresses, but 41 "
        "are needed; write a /26 or larger",
    ),
    Broken(
        FOUNDATION,
        "gateway: [s3]",
        "gateway: [dynamodb]",
        f"{NET}.endpoints.gateway: s3 is missing; add it: the hosts of the data subnets install "
        "packages from it and write their backups to it, and those subnets have no route to the "
        "internet, whatever nat is",
    ),
    Broken(
        FOUNDATION,
        "sts, monitoring]",
        "sts]",
        f"{NET}.endpoints.interface: monitoring is missing; add it: the hosts of the data subnets "
        "publish their metrics there, and those subnets have no route to the internet, whatever "
        "nat is",
    ),
    Broken(
        FOUNDATION,
        "gateway: [s3]",
        "gateway: [s3, s3]",
        f"{NET}.endpoints.gateway: s3 is listed twice; list each service once",
    ),
    Broken(
        FOUNDATION,
        "interface: [",
        "interface: [kms, ",
        f"{NET}.endpoints.interface: kms is listed twice; list each service once",
    ),
    Broken(
        FOUNDATION,
        "retention_days: 90",
        "retention_days: 10000",
        f"{NET}.flow_logs.retention_days: CloudWatch Logs has no retention of 10000 days; "
        "write 3653",
    ),
    Broken(
        FOUNDATION,
        "peering: []",
        f"peering: [{{name: a, cidr: 10.40.0.0/16, {PEER}}}, "
        f"{{name: a, cidr: 10.41.0.0/16, {PEER}}}]",
        f"{NET}.peering: a is the name of two peers; give each peer a unique name: it "
        "becomes the name of a resource",
    ),
    Broken(
        FOUNDATION,
        "peering: []",
        f"peering: [{{name: a, cidr: 8.8.8.0/24, {PEER}}}]",
        f"{NET}.peering.0.cidr: 8.8.8.0/24 is not a private IPv4 network; write a network "
        "address with its prefix, such as 10.40.0.0/16",
    ),
    Broken(
        FOUNDATION,
        "peering: []",
        f"peering: [{{name: a, cidr: 10.20.128.0/20, {PEER}}}]",
        f"{NET}.peering.0.cidr: 10.20.128.0/20 overlaps the VPC's 10.20.0.0/16; peer only "
        "with disjoint ranges: AWS cannot route between overlapping addresses",
    ),
]
