"""Rules across fields, as tables: when a rule is broken, what is wrong and what would be right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Generic, TypeVar

from config import addresses, budgets, windows
from config.faults import Fault
from config.settings import FoundationSettings, Settings, StackSettings

S = TypeVar("S", bound=StackSettings)


@dataclass(frozen=True)
class Rule(Generic[S]):
    """Key and texts may name values: they are formatted with `s`, the settings."""

    key: str
    broken: Callable[[S], bool]
    wrong: str
    right: str


def check(rules: tuple[Rule[S], ...], settings: S, file: str) -> list[Fault]:
    return [
        Fault(file, rule.key, rule.wrong.format(s=settings), rule.right.format(s=settings))
        for rule in rules
        if rule.broken(settings)
    ]


def _max_connections(s: Settings) -> int:
    parameter = s.postgres.parameters.get("max_connections")
    return int(parameter.value) if parameter is not None and parameter.value.isdigit() else 0


def _connections_left(s: Settings) -> int:
    limits = [role.connection_limit for role in s.access.roles.values()]
    return budgets.role_connections_left(_max_connections(s), limits)


def _vpc(s: FoundationSettings) -> IPv4Network | None:
    return addresses.network(s.network.cidr)


EVERY_STACK: tuple[Rule[StackSettings], ...] = (
    Rule(
        "aws:defaultTags.tags.Environment",
        lambda s: s.aws.default_tags.tags.get("Environment") != s.environment,
        "the tag is not this stack's name",
        "write Environment: {s.environment}",
    ),
)

MAIN: tuple[Rule[Settings], ...] = (
    Rule(
        "nexusflow:postgres.storage.iops",
        lambda s: (
            s.postgres.storage.allocated_gb < budgets.GP3_THRESHOLD_GB
            and not budgets.iops_allowed(s.postgres.storage.allocated_gb, s.postgres.storage.iops)
        ),
        "{s.postgres.storage.iops} IOPS on {s.postgres.storage.allocated_gb} GB: gp3 gives exactly "
        f"{budgets.GP3_FIXED_IOPS} below {budgets.GP3_THRESHOLD_GB} GB",
        f"write {budgets.GP3_FIXED_IOPS}, or allocate {budgets.GP3_THRESHOLD_GB} GB or more",
    ),
    Rule(
        "nexusflow:postgres.storage.iops",
        lambda s: (
            s.postgres.storage.allocated_gb >= budgets.GP3_THRESHOLD_GB
            and not budgets.iops_allowed(s.postgres.storage.allocated_gb, s.postgres.storage.iops)
        ),
        "{s.postgres.storage.iops} IOPS on {s.postgres.storage.allocated_gb} GB: gp3 begins at "
        f"{budgets.GP3_BASELINE_IOPS} from {budgets.GP3_THRESHOLD_GB} GB",
        f"write {budgets.GP3_BASELINE_IOPS} to {budgets.GP3_MAXIMUM_IOPS}",
    ),
    Rule(
        "nexusflow:postgres.deletion_protection.reason",
        lambda s: (
            not s.postgres.deletion_protection.enabled
            and not s.postgres.deletion_protection.reason.strip()
        ),
        "the protection is off without a reason",
        "say in one sentence why, or write enabled: true",
    ),
    Rule(
        "nexusflow:postgres.backup_window",
        lambda s: windows.daily(s.postgres.backup_window)[1] < windows.SHORTEST,
        "{s.postgres.backup_window} is shorter than 30 minutes",
        'write 30 minutes or more, such as "03:00-04:00"',
    ),
    Rule(
        "nexusflow:postgres.maintenance_window",
        lambda s: windows.weekly(s.postgres.maintenance_window)[1] < windows.SHORTEST,
        "{s.postgres.maintenance_window} is shorter than 30 minutes",
        'write 30 minutes or more, such as "sun:04:30-sun:05:30"',
    ),
    Rule(
        "nexusflow:postgres.maintenance_window",
        lambda s: windows.overlap(s.postgres.backup_window, s.postgres.maintenance_window),
        "{s.postgres.maintenance_window} overlaps backup_window {s.postgres.backup_window}",
        "move one of them: AWS refuses overlapping windows",
    ),
    Rule(
        "nexusflow:access.roles",
        lambda s: _connections_left(s) < 0,
        "the roles' connection limits exceed max_connections less "
        f"{budgets.RESERVED_CONNECTIONS} reserved",
        "lower connection_limit or raise postgres.parameters.max_connections",
    ),
    Rule(
        "nexusflow:access.roles",
        lambda s: s.access.master.name in s.access.roles,
        "{s.access.master.name} is the master user",
        "give the role a name of its own",
    ),
    Rule(
        "nexusflow:network",
        lambda s: s.network is not None and s.foundation is not None,
        "stated beside nexusflow:foundation",
        "keep one of the two: values, or the stack that has them",
    ),
    Rule(
        "nexusflow:network.vpc_cidr",
        lambda s: s.network is not None and addresses.network(s.network.vpc_cidr) is None,
        "not an IPv4 network",
        "write the VPC's range, such as 10.20.0.0/16",
    ),
)

FOUNDATION: tuple[Rule[FoundationSettings], ...] = (
    Rule(
        "nexusflow-foundation:network.cidr",
        lambda s: (
            (vpc := _vpc(s)) is None
            or not addresses.LARGEST_VPC <= vpc.prefixlen <= addresses.SMALLEST_VPC
            or not vpc.is_private
        ),
        "{s.network.cidr} is not a private IPv4 network of "
        f"/{addresses.LARGEST_VPC} to /{addresses.SMALLEST_VPC}",
        "write a network address with its prefix, such as 10.20.0.0/16",
    ),
    Rule(
        "nexusflow-foundation:network.availability_zones",
        lambda s: any(zone[:-1] != s.aws.region for zone in s.network.availability_zones),
        "a zone lies outside {s.aws.region}",
        "list zones of {s.aws.region} only, or change aws:region",
    ),
    Rule(
        "nexusflow-foundation:network.availability_zones",
        lambda s: max(Counter(s.network.availability_zones).values()) > 1,
        "a zone is listed twice",
        "list each zone once",
    ),
)
