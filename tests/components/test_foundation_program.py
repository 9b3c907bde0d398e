"""The foundation, run with its own stack files: what it would ask of AWS."""

from __future__ import annotations

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
    assert foundation.outputs.keys() == FOUNDATION_OUTPUTS.keys()
    assert {tier: len(ids) for tier, ids in foundation.outputs["subnet_ids"].items()} == {
        "public": 3,
        "private": 3,
        "data": 3,
    }


def _ways_out(run: Run) -> dict[str, str]:
    """Where each route table's default route leads, by the table's logical name."""
    return {
        route.name: route.inputs.get("natGatewayId") or route.inputs["gatewayId"]
        for route in run.all("aws:ec2/route:Route")
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
def test_private_subnets_leave_through_the_configured_nat(nat: str, gateways: list[str]) -> None:
    run = _network(nat)
    private = {k: v for k, v in _ways_out(run).items() if k.startswith("network-private")}
    assert list(private.values()) == [f"{gateway}-id" for gateway in gateways]
    assert len(run.all("aws:ec2/natGateway:NatGateway")) == len(set(gateways))
    assert len(run.all("aws:ec2/eip:Eip")) == len(set(gateways))


def test_data_subnets_have_no_way_out_and_public_ones_have_the_gateway(foundation: Run) -> None:
    ways = _ways_out(foundation)
    assert ways["network-public"] == "network-id"
    assert not [name for name in ways if "data" in name]


def test_another_nat_arrangement_changes_gateways_and_routes_only() -> None:
    def others(run: Run) -> set[tuple[str, str]]:
        own = re.compile(r"natGateway|eip:|route:Route$")
        return {(r.token, r.name) for r in run.resources if not own.search(r.token)}

    assert others(_network("none")) == others(_network("single")) == others(_network("per_az"))
