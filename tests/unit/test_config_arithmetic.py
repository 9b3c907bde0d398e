"""The pure arithmetic of config/: address plan, storage and connection budgets, windows."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import addresses, budgets, windows

VPCS = st.builds(
    lambda prefix, index: IPv4Network(
        (int(IPv4Network("10.0.0.0/8")[0]) + (index << (32 - prefix)), prefix)
    ),
    st.integers(addresses.LARGEST_VPC, addresses.SMALLEST_VPC),
    st.integers(0, 255),
)
LETTERS = "abcdefgh"
ZONES = st.lists(st.sampled_from(LETTERS), min_size=1, unique=True).map(
    lambda letters: [f"us-east-1{letter}" for letter in letters]
)


@given(VPCS, ZONES)
def test_every_subnet_lies_inside_the_vpc_and_none_overlap(
    vpc: IPv4Network, zones: list[str]
) -> None:
    subnets = [cidr for by_zone in addresses.plan(vpc, zones).values() for cidr in by_zone.values()]
    assert len(subnets) == 3 * len(zones)
    assert all(subnet.subnet_of(vpc) for subnet in subnets)
    assert not any(one.overlaps(other) for one, other in combinations(subnets, 2))


@given(VPCS, ZONES, st.randoms())
def test_adding_or_reordering_zones_moves_no_subnet(
    vpc: IPv4Network, zones: list[str], random: Random
) -> None:
    everything = [f"us-east-1{letter}" for letter in LETTERS]
    random.shuffle(everything)
    before, after = addresses.plan(vpc, zones), addresses.plan(vpc, everything)
    for tier, by_zone in before.items():
        assert all(after[tier][zone] == cidr for zone, cidr in by_zone.items())


@given(VPCS, ZONES)
def test_every_subnet_has_room_for_a_hundred_addresses(vpc: IPv4Network, zones: list[str]) -> None:
    for by_zone in addresses.plan(vpc, zones).values():
        assert all(cidr.num_addresses - 5 >= 100 for cidr in by_zone.values())


def test_a_zone_without_a_slot_is_refused() -> None:
    with pytest.raises(ValueError, match="one of a to h"):
        addresses.subnet_cidr(IPv4Network("10.0.0.0/16"), "data", "us-east-1z")


@pytest.mark.parametrize("text", ["10.0.0.1/16", "10.0.0.0/99", "fd00::/64", "ten"])
def test_what_is_no_ipv4_network_is_none(text: str) -> None:
    assert addresses.network(text) is None


@given(st.integers(20, 399), st.integers(3000, 64000))
def test_below_400_gb_no_iops_are_sent_and_only_3000_are_allowed(size: int, iops: int) -> None:
    assert budgets.provisioned_iops(size, iops) is None
    assert budgets.iops_allowed(size, iops) == (iops == 3000)


@given(st.integers(400, 65536), st.integers(3000, 70000))
def test_from_400_gb_the_iops_are_sent_as_stated(size: int, iops: int) -> None:
    assert budgets.provisioned_iops(size, iops) == iops
    assert budgets.iops_allowed(size, iops) == (12000 <= iops <= 64000)


@given(st.integers(20, 1000), st.lists(st.integers(1, 100)))
def test_the_connection_budget_keeps_the_reserve(maximum: int, limits: list[int]) -> None:
    left = budgets.role_connections_left(maximum, limits)
    assert left + sum(limits) + budgets.RESERVED_CONNECTIONS == maximum


def _daily(start: int, length: int) -> str:
    return "-".join(f"{m // 60 % 24:02}:{m % 60:02}" for m in (start, start + length))


def _weekly(start: int, length: int) -> str:
    moments = (start % windows.WEEK, (start + length) % windows.WEEK)
    return "-".join(
        f"{windows.DAYS[m // windows.DAY]}:{m % windows.DAY // 60:02}:{m % 60:02}" for m in moments
    )


@given(
    st.integers(0, windows.DAY - 1),
    st.integers(30, 600),
    st.integers(0, windows.WEEK - 1),
    st.integers(30, 1400),
)
def test_windows_overlap_exactly_when_they_share_a_minute(
    backup_start: int, backup_length: int, start: int, length: int
) -> None:
    backed_up = {
        (day * windows.DAY + backup_start + minute) % windows.WEEK
        for day in range(7)
        for minute in range(backup_length)
    }
    maintained = {(start + minute) % windows.WEEK for minute in range(length)}
    backup, maintenance = _daily(backup_start, backup_length), _weekly(start, length)
    assert windows.daily(backup) == (backup_start, backup_length)
    assert windows.weekly(maintenance) == (start, length)
    assert windows.overlap(backup, maintenance) == bool(backed_up & maintained)
