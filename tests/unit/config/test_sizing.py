"""Sizing: address plan, storage, connection and memory budgets, retention and windows."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import merge
from config.settings.postgres import Parameter, StorageSettings
from config.settings.redis import RedisUserSettings
from config.sizing import postgres, retention, windows
from config.sizing import subnets as addresses
from config.sizing.windows import DailyWindow, WeeklyWindow

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


def storage(size: int, iops: int) -> StorageSettings:
    return StorageSettings(allocated_gb=size, iops=iops, max_allocated_gb=None)


@given(st.integers(20, 399), st.integers(3000, 64000))
def test_below_400_gb_no_iops_are_sent_and_only_3000_are_allowed(size: int, iops: int) -> None:
    assert storage(size, iops).provisioned_iops is None
    assert postgres.iops_allowed(size, iops) == (iops == 3000)


@given(st.integers(400, 65536), st.integers(3000, 64000))
def test_from_400_gb_the_iops_are_sent_as_configured(size: int, iops: int) -> None:
    assert storage(size, iops).provisioned_iops == iops


@given(st.integers(400, 65536), st.integers(3000, 70000))
def test_from_400_gb_gp3_allows_12000_to_64000_iops(size: int, iops: int) -> None:
    assert postgres.iops_allowed(size, iops) == (12000 <= iops <= 64000)


@given(st.integers(20, 1000), st.lists(st.integers(1, 100)))
def test_the_connection_budget_keeps_the_reserve(maximum: int, limits: list[int]) -> None:
    left = postgres.role_connections_left(maximum, limits)
    assert left + sum(limits) + postgres.RESERVED_CONNECTIONS == maximum


@given(st.integers(20, 65536))
def test_the_autoscaling_limit_is_the_least_that_is_ten_percent_above(size: int) -> None:
    least = postgres.least_autoscaling_limit(size)
    assert least * 10 >= size * 11 > (least - 1) * 10


@pytest.mark.parametrize(
    ("value", "number"),
    [("200", 200), ("1.1", None), ("{DBInstanceClassMemory/9531392}", None), ("-1", None)],
)
def test_only_whole_numbers_are_read_as_numbers(value: str, number: int | None) -> None:
    assert Parameter(value=value, apply_method="immediate", documented=None).number == number


def _memory(values: dict[str, int], gib: float) -> float:
    demand = postgres.memory(values, gib)
    assert demand is not None
    return demand.total_gib


SIZES = st.fixed_dictionaries(
    {
        "shared_buffers": st.integers(16, 2**26),
        "max_connections": st.integers(1, 5000),
        "work_mem": st.integers(64, 2**20),
        "maintenance_work_mem": st.integers(1024, 2**24),
    }
)
RAM = st.sampled_from([1.0, 8.0, 16.0, 64.0, 512.0])


@given(SIZES, RAM, st.sampled_from(["shared_buffers", "max_connections", "work_mem"]))
def test_memory_grows_with_each_figure_and_with_nothing_else(
    values: dict[str, int], gib: float, name: str
) -> None:
    more = {**values, name: values[name] + 1}
    assert _memory(more, gib) > _memory(values, gib)
    assert _memory({**values, "effective_cache_size": 2**30}, gib) == _memory(values, gib)


@given(SIZES, st.integers(1, 20), RAM)
def test_stated_autovacuum_workers_go_before_the_default(
    values: dict[str, int], workers: int, gib: float
) -> None:
    stated = _memory({**values, "autovacuum_max_workers": workers}, gib)
    apart = workers - postgres.autovacuum_workers(gib)
    added = apart * values["maintenance_work_mem"] / postgres.KIB_PER_GIB
    assert stated == pytest.approx(_memory(values, gib) + added)


@given(SIZES, RAM, st.sampled_from(["shared_buffers", "max_connections", "work_mem"]))
def test_without_one_of_the_figures_there_is_no_sum(
    values: dict[str, int], gib: float, name: str
) -> None:
    assert postgres.memory({key: values[key] for key in values if key != name}, gib) is None


def test_the_documented_figures_overrun_the_smaller_class_and_fit_the_larger() -> None:
    documented = {
        "shared_buffers": 524288,
        "max_connections": 200,
        "work_mem": 65536,
        "maintenance_work_mem": 1048576,
    }
    demand = postgres.memory(documented, 16)
    assert demand is not None
    assert demand.total_gib == 19.5
    assert 1 < demand.multiple_of(16) < postgres.MEMORY_LIMIT
    assert demand.multiple_of(32) < 1


@pytest.mark.parametrize(("gib", "workers"), [(1, 3), (128, 3), (256, 4), (512, 8)])
def test_rds_starts_more_autovacuum_workers_on_more_memory(gib: float, workers: int) -> None:
    assert postgres.autovacuum_workers(gib) == workers


@given(st.integers(8, 2**14))
def test_the_prefix_for_some_addresses_is_the_smallest_that_has_them(needed: int) -> None:
    prefix = addresses.prefix_for(needed)
    assert addresses.usable(IPv4Network((0, prefix))) >= needed
    if prefix < addresses.SMALLEST_SUBNET:
        assert addresses.usable(IPv4Network((0, prefix + 1))) < needed


@given(VPCS, ZONES)
def test_a_changed_range_is_the_only_one_that_changes(vpc: IPv4Network, zones: list[str]) -> None:
    changed = addresses.plan(vpc, zones, {"data": {zones[0]: "192.168.0.0/24"}})
    planned = addresses.plan(vpc, zones)
    planned["data"][zones[0]] = IPv4Network("192.168.0.0/24")
    assert changed == planned


RANGES = st.builds(
    lambda prefix, bits: IPv4Network((bits << (32 - prefix) & 0xFFFFFFFF, prefix)),
    st.integers(2, 6),
    st.integers(0, 63),
)


@given(st.lists(RANGES, max_size=6))
def test_overlaps_are_the_pairs_that_share_an_address(ranges: list[IPv4Network]) -> None:
    by_key = {str(index): each for index, each in enumerate(ranges)}
    found = {(case["key"], case["other"]) for case in addresses.overlaps(by_key)}
    share = {
        (one, other)
        for one, other in combinations(by_key, 2)
        if by_key[one][0] in by_key[other] or by_key[other][0] in by_key[one]
    }
    assert found == share


@given(st.integers(1, 5000))
def test_the_nearest_log_retentions_surround_what_does_not_exist(days: int) -> None:
    near = retention.nearest_log_days(days)
    assert bool(near) == (days not in retention.LOG_DAYS)
    if near:
        assert set(near) <= set(retention.LOG_DAYS)
        assert near[0] < days
        assert days < near[-1] or near == (retention.LOG_DAYS[-1],)


@given(st.integers(1, 800))
def test_performance_insights_keeps_a_week_whole_months_or_two_years(days: int) -> None:
    months = {31 * month for month in range(1, 24)}
    assert retention.performance_insights(days) == (days in {7, 731, *months})


KEYS = st.text("ab.", min_size=1, max_size=4).filter(lambda key: key.strip(".") == key)
TREES = st.recursive(
    st.integers(0, 3), lambda inner: st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)


@given(TREES, st.data())
def test_a_dotted_path_into_a_tree_is_known_to_its_end(tree: object, data: st.DataObject) -> None:
    path, node = [], tree
    while isinstance(node, dict) and node:
        key = data.draw(st.sampled_from(sorted(node)))
        path.append(key)
        node = node[key]
    written = ".".join(path)
    assert merge.known_length(tree, written) == len(written)
    assert merge.known_length(tree, f"{written}.zzz" if written else "zzz") <= len(written)


@given(TREES, TREES)
def test_changes_go_before_the_baseline_and_leave_the_rest(baseline: object, own: object) -> None:
    both = merge.merged(baseline, own)
    assert merge.merged(both, own) == both
    if isinstance(baseline, dict) and isinstance(own, dict):
        assert both.keys() == baseline.keys() | own.keys()
        assert all(both[key] == baseline[key] for key in baseline.keys() - own.keys())


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
    texts = _daily(backup_start, backup_length), _weekly(start, length)
    backup, maintenance = DailyWindow.parse(texts[0]), WeeklyWindow.parse(texts[1])
    assert (str(backup), str(maintenance)) == texts
    assert backup == DailyWindow(backup_start, backup_length)
    assert maintenance == WeeklyWindow(start, length)
    assert backup.overlaps(maintenance) == bool(backed_up & maintained)


@given(st.integers(1, 1000))
def test_raising_a_credential_version_replaces_the_older_of_two_passwords(
    credential_version: int,
) -> None:
    before, after = (
        RedisUserSettings(
            group="state", credential_version=version, keys=("session:*",), commands=("+get",)
        ).password_versions
        for version in (credential_version, credential_version + 1)
    )
    assert max(before) == credential_version
    assert min(before) == credential_version - 1
    assert set(before) & set(after) == {credential_version}
    for even, odd in (before, after):
        assert (even % 2, odd % 2) == (0, 1)
