"""What drift is, pure: the findings of both layers from what was compared, classed and weighed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from engine.wire_format import SIGNATURE
from policy.changes import STATEFUL
from policy.keys import LOG_GROUP

PRESENT, ABSENT = "present", "absent"
EXISTS = "exists"
SECRET = "[secret]"  # noqa: S105 - what is shown instead of one


class Layer(StrEnum):
    CLOUD = "cloud"
    DATABASE = "database"


class Class(StrEnum):
    DRIFT = "drift"
    """Changed behind the code's back."""
    UNAPPLIED = "unapplied code"
    """The code is ahead of what was applied."""
    BOTH = "both"
    UNMANAGED = "unmanaged"
    """Made beside the code."""


class Severity(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True)
class Finding:
    layer: Layer
    resource: str
    path: str
    expected: Any
    actual: Any
    class_: Class
    severity: Severity
    fix: str

    def document(self) -> dict[str, Any]:
        fields = asdict(self)
        return {key.rstrip("_"): value for key, value in fields.items()}


@dataclass(frozen=True)
class Change:
    """One property of one resource that one comparison found different."""

    urn: str
    type: str
    path: str
    expected: Any
    actual: Any


GRAVE_WHEN_GONE = {
    *STATEFUL,
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication",
    "aws:secretsmanager/secret:Secret",
} - {LOG_GROUP}
"""What holds data; the second copy of the backups, and the logins that running tasks read. A log
group comes again empty, and the one that is a record can't be told by its type."""
GUARDS = frozenset(
    {
        *("deletionProtection", "publiclyAccessible", "storageEncrypted", "kmsKeyId", "policy"),
        *("enableKeyRotation", "vpcSecurityGroupIds", "iamDatabaseAuthenticationEnabled"),
        *("backupRetentionPeriod", "multiAz", "assumeRolePolicy", "mapPublicIpOnLaunch"),
        *("accessString", "userIds", "userGroupIds", "transitEncryptionMode", "multiAzEnabled"),
        *("automaticFailoverEnabled", "snapshotRetentionLimit"),
    }
)
"""Properties that protect data: a change of one may be an attack, or the end of a backup."""
HARMLESS = ("tags", "description")


def cloud_findings(unapplied: Iterable[Change], drifted: Iterable[Change]) -> list[Finding]:
    """Both comparisons in one list: program with state, and state with the cloud."""
    of_code = {(each.urn, each.path): each for each in unapplied}
    of_cloud = {(each.urn, each.path): each for each in drifted}
    return [
        _cloud_finding(of_code.get(key), of_cloud.get(key)) for key in sorted({*of_code, *of_cloud})
    ]


def _cloud_finding(code: Change | None, cloud: Change | None) -> Finding:
    if cloud is None:
        assert code is not None  # noqa: S101 - one of the two is there
        fix = "pulumi up applies the code"
        return _finding(code, code.expected, code.actual, Class.UNAPPLIED, Severity.LOW, fix)
    if code is not None:
        fix = "decide which is right: pulumi up --refresh applies the code over the change"
        class_ = Class.BOTH
        return _finding(cloud, code.expected, cloud.actual, class_, severity(cloud), fix)
    fix = "pulumi up --refresh takes it back; to keep it, write it into the code"
    return _finding(cloud, cloud.expected, cloud.actual, Class.DRIFT, severity(cloud), fix)


def _finding(
    change: Change, expected: Any, actual: Any, class_: Class, weight: Severity, fix: str
) -> Finding:
    return Finding(Layer.CLOUD, change.urn, change.path, expected, actual, class_, weight, fix)


def severity(change: Change) -> Severity:
    """How much a change in the cloud matters."""
    top = change.path.partition(".")[0].partition("[")[0]
    if change.path == EXISTS:
        return Severity.CRITICAL if change.type in GRAVE_WHEN_GONE else Severity.HIGH
    if top in GUARDS or "securityGroup" in change.type or "SecurityGroup" in change.type:
        return Severity.HIGH
    return Severity.LOW if top.startswith(HARMLESS) else Severity.MEDIUM


def deduplicated(
    changes: Iterable[Change],
    covered: Mapping[str, tuple[str, ...]],
    found: Iterable[Finding],
) -> Iterator[Change]:
    """Leaves out what the database layer tells already, by the names of its own.

    `covered` names, by URN, the database's resources that a resource of the program stands for.
    """
    told = {finding.resource for finding in found}
    for change in changes:
        if not told & set(covered.get(change.urn, ())):
            yield change


def changed(
    recorded: Mapping[str, Any], live: Mapping[str, Any], paths: Iterable[str] = ()
) -> Iterator[tuple[str, Any, Any]]:
    """Path, recorded and live value of each difference, at the paths told or wherever one is."""
    told = [(path, masked(at(recorded, path)), masked(at(live, path))) for path in sorted(paths)]
    yield from told or differing(recorded, live)


def is_secret(*values: Mapping[str, Any]) -> bool:
    return any(SIGNATURE in value for value in values)


def differing(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping) and not is_secret(old, new):
        for key in sorted({*old, *new}):
            if not key.startswith("__"):
                step = f"{path}.{key}" if path else str(key)
                yield from differing(old.get(key), new.get(key), step)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from differing(before, after, f"{path}[{index}]")
    elif old != new:
        yield path, masked(old), masked(new)


def masked(value: Any) -> Any:
    """A value as it may be shown: the engine wraps a secret in a mapping with its mark."""
    if isinstance(value, Mapping):
        if SIGNATURE in value:
            return SECRET
        return {key: masked(item) for key, item in value.items()}
    return [masked(item) for item in value] if isinstance(value, list) else value


def at(value: Any, path: str) -> Any:
    """The value at a property path such as `tags.Name`, `rules[0].port` or `tags["a.b"]`."""
    for step in _steps(path):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _steps(path: str) -> list[str]:
    found = re.findall(r'\["([^"]*)"\]|\[(\d+)\]|([^.\[\]]+)', path)
    return [quoted or index or name for quoted, index, name in found]
