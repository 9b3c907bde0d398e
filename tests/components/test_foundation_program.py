"""The foundation program, run with its own stack files against a recording engine."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest

from tests.components.recording import FOUNDATION_OUTPUTS, ROOT, Run, run_program, stack_config


@pytest.fixture(scope="module", params=["production", "staging"])
def foundation(request: pytest.FixtureRequest) -> Run:
    return run_program(ROOT / "foundation", str(request.param))


def test_the_network_has_three_tiers_in_three_zones(foundation: Run) -> None:
    subnets = foundation.all("aws:ec2/subnet:Subnet")
    assert Counter(subnet.inputs["tags"]["Tier"] for subnet in subnets) == {
        "public": 3,
        "private": 3,
        "data": 3,
    }
    assert len({subnet.inputs["availabilityZone"] for subnet in subnets}) == 3
    assert len({subnet.inputs["cidrBlock"] for subnet in subnets}) == 9
    associated = foundation.all("aws:ec2/routeTableAssociation:RouteTableAssociation")
    assert len({association.inputs["subnetId"] for association in associated}) == 9
    assert foundation.outputs.keys() == FOUNDATION_OUTPUTS.keys() | {"peering_ids"}
    assert {tier: len(ids) for tier, ids in foundation.outputs["subnet_ids"].items()} == {
        "public": 3,
        "private": 3,
        "data": 3,
    }


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_the_network_is_protected_as_the_stack_file_says(environment: str) -> None:
    run = run_program(ROOT / "foundation", environment)
    protected = {each.token for each in run.resources if each.protected}
    network = {
        "aws:ec2/vpc:Vpc",
        "aws:ec2/subnet:Subnet",
        "aws:ec2/eip:Eip",
        "aws:ec2/natGateway:NatGateway",
        "aws:ec2/vpcEndpoint:VpcEndpoint",
    }
    assert protected & network == (network if environment == "production" else set())


def _ways_out(run: Run) -> dict[str, str]:
    """The target of each route table's default route, by the table's logical name."""
    return {
        route.name: route.inputs.get("natGatewayId") or route.inputs["gatewayId"]
        for route in run.all("aws:ec2/route:Route")
        if "vpcPeeringConnectionId" not in route.inputs
    }


def _network(nat: str) -> Run:
    config = stack_config(ROOT / "foundation", "staging")
    config["nexusflow-foundation:network"]["nat"] = nat
    return run_program(ROOT / "foundation", "staging", config)


@pytest.mark.parametrize(
    ("nat", "gateways"),
    [
        ("none", []),
        ("single", ["network-nat-a"] * 3),
        ("per_az", ["network-nat-a", "network-nat-b", "network-nat-c"]),
    ],
)
def test_private_subnets_route_through_the_configured_nat_gateways(
    nat: str, gateways: list[str]
) -> None:
    run = _network(nat)
    private = {k: v for k, v in _ways_out(run).items() if k.startswith("network-private")}
    assert list(private.values()) == [f"{gateway}-id" for gateway in gateways]
    assert len(run.all("aws:ec2/natGateway:NatGateway")) == len(set(gateways))
    assert len(run.all("aws:ec2/eip:Eip")) == len(set(gateways))


def test_data_subnets_have_no_default_route_and_public_ones_use_the_internet_gateway(
    foundation: Run,
) -> None:
    endpoints = _ways_out(foundation)
    assert endpoints["network-public"] == "network-id"
    assert not [name for name in endpoints if "data" in name]


def test_changing_nat_changes_only_gateways_and_routes() -> None:
    def others(run: Run) -> set[tuple[str, str]]:
        own = re.compile(r"natGateway|eip:|route:Route$")
        return {(r.token, r.name) for r in run.resources if not own.search(r.token)}

    assert others(_network("none")) == others(_network("single")) == others(_network("per_az"))


def test_the_default_security_group_lets_nothing_in_or_out(foundation: Run) -> None:
    group = foundation.one("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
    assert (group.inputs["ingress"], group.inputs["egress"]) == ([], [])


def test_no_subnet_gives_its_instances_public_addresses(foundation: Run) -> None:
    for subnet in foundation.all("aws:ec2/subnet:Subnet"):
        assert subnet.inputs["mapPublicIpOnLaunch"] is False


def test_flow_logs_record_all_traffic_in_an_encrypted_log_group_with_retention(
    foundation: Run,
) -> None:
    log = foundation.one("aws:ec2/flowLog:FlowLog").inputs
    assert (log["trafficType"], log["vpcId"]) == ("ALL", "network-id")
    group = foundation.one("aws:cloudwatch/logGroup:LogGroup").inputs
    assert group["retentionInDays"] in (30, 90)
    assert group["kmsKeyId"] == "arn:aws:kms:::key/network-flow-logs-network-logs"
    assert foundation.one("aws:kms/key:Key").inputs["enableKeyRotation"] is True


def test_flow_logs_are_delivered_by_a_role_for_this_account_and_this_log_group_only(
    foundation: Run,
) -> None:
    role = foundation.one("aws:iam/role:Role").inputs
    (trust,) = json.loads(role["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    policy = json.loads(foundation.one("aws:iam/rolePolicy:RolePolicy").inputs["policy"])
    (statement,) = policy["Statement"]
    group = "arn:aws:logs:::log-group:network-flow-logs"
    assert statement["Resource"] == [group, f"{group}:*"]


def test_aws_is_reached_through_endpoints_in_every_private_subnet(foundation: Run) -> None:
    endpoints = foundation.all("aws:ec2/vpcEndpoint:VpcEndpoint")
    kinds = Counter(endpoint.inputs["vpcEndpointType"] for endpoint in endpoints)
    assert kinds == {"Gateway": 1, "Interface": 9}
    private = {
        f"{subnet.name}-id"
        for subnet in foundation.all("aws:ec2/subnet:Subnet")
        if subnet.inputs["tags"]["Tier"] == "private"
    }
    for endpoint in endpoints:
        inputs = endpoint.inputs
        assert inputs["serviceName"].startswith("com.amazonaws.us-east-1.")
        if inputs["vpcEndpointType"] == "Interface":
            assert set(inputs["subnetIds"]) == private
            assert inputs["securityGroupIds"] == ["network-vpc-endpoints-id"]
            assert inputs["privateDnsEnabled"] is True
        else:
            assert len(inputs["routeTableIds"]) == 4  # the data subnets' and one a zone


def test_endpoints_accept_only_https_from_the_vpc(foundation: Run) -> None:
    owner = foundation.one(
        "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive"
    ).inputs
    assert owner["egressRuleIds"] == []
    rule = foundation.one("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").inputs
    assert (rule["fromPort"], rule["toPort"]) == (443, 443)
    assert rule["cidrIpv4"] == foundation.one("aws:ec2/vpc:Vpc").inputs["cidrBlock"]


def _peered(**peer: str) -> Run:
    config = stack_config(ROOT / "foundation", "staging")
    config["nexusflow-foundation:network"]["peering"] = [
        {
            "name": "office",
            "vpc_id": "vpc-0b",
            "cidr": "10.40.0.0/16",
            "account_id": "123456789012",
            "region": "us-east-1",
            **peer,
        }
    ]
    return run_program(ROOT / "foundation", "staging", config)


def test_a_peer_is_routed_to_from_private_and_data_subnets() -> None:
    run = _peered()
    routes = [
        route.inputs
        for route in run.all("aws:ec2/route:Route")
        if "vpcPeeringConnectionId" in route.inputs
    ]
    assert {route["destinationCidrBlock"] for route in routes} == {"10.40.0.0/16"}
    assert len({route["routeTableId"] for route in routes}) == 4
    assert run.outputs["peering_ids"] == {"office": "network-peering-office-id"}


@pytest.mark.parametrize(
    ("peer", "accepted", "region"),
    [
        ({}, True, None),
        ({"account_id": "210987654321"}, None, None),
        ({"region": "eu-west-1"}, None, "eu-west-1"),
    ],
    ids=["ours", "another account's", "another region's"],
)
def test_a_peering_is_accepted_automatically_only_within_the_account_and_region(
    peer: dict[str, str], accepted: bool | None, region: str | None
) -> None:
    connection = _peered(**peer).one("aws:ec2/vpcPeeringConnection:VpcPeeringConnection").inputs
    assert connection.get("autoAccept") is accepted
    assert connection.get("peerRegion") == region


def test_an_existing_vpc_gets_no_resources_and_its_ids_are_the_outputs() -> None:
    config = stack_config(ROOT / "foundation", "staging")
    subnets = {
        "public": [],
        "private": ["subnet-1a", "subnet-1b"],
        "data": ["subnet-2a", "subnet-2b"],
    }
    config["nexusflow-foundation:network"] = {
        "availability_zones": ["us-east-1a", "us-east-1b"],
        "existing": {"vpc_id": "vpc-0e", "vpc_cidr": "10.50.0.0/16", "subnet_ids": subnets},
    }
    run = run_program(ROOT / "foundation", "staging", config)
    beside = {"ecr", "packages"}
    others = [r for r in run.resources if r.parent not in beside and r.name not in beside]
    assert [r.token for r in others] == ["nexusflow:network:Network"]
    assert run.outputs["vpc_id"] == "vpc-0e"
    assert run.outputs["subnet_ids"] == subnets
