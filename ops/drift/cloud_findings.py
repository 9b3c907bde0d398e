"""Classes, severities and fixes of cloud findings: pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.property_paths import top_level
from ops.drift.findings import EXISTS, Change, Class, Finding, Layer
from policy.changes import STATEFUL
from policy.keys import LOG_GROUP
from policy.model import Severity

CRITICAL_WHEN_DELETED = {
    *STATEFUL,
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication",
    "aws:secretsmanager/secret:Secret",
} - {LOG_GROUP}
"""Types that hold data, the cross-region copy of the backups, and the logins that running tasks
read. Log groups are left out: a recreated one is merely empty, and the audit log can't be told
from the others by its type."""
PROTECTIVE_PROPERTIES = frozenset(
    {
        *("deletionProtection", "publiclyAccessible", "storageEncrypted", "kmsKeyId", "policy"),
        *("enableKeyRotation", "vpcSecurityGroupIds", "iamDatabaseAuthenticationEnabled"),
        *("backupRetentionPeriod", "multiAz", "assumeRolePolicy", "mapPublicIpOnLaunch"),
        *("accessString", "userIds", "userGroupIds", "transitEncryptionMode", "multiAzEnabled"),
        *("automaticFailoverEnabled", "snapshotRetentionLimit"),
    }
)
"""Properties that protect data: changing one may be an attack, or may end the backups."""
COSMETIC_PROPERTIES = ("tags", "description")


def cloud_findings(unapplied: Iterable[Change], drifted: Iterable[Change]) -> list[Finding]:
    """The findings of both comparisons: program with state, and state with cloud."""
    by_code = {(change.urn, change.path): change for change in unapplied}
    by_cloud = {(change.urn, change.path): change for change in drifted}
    return [
        _classified(by_code.get(key), by_cloud.get(key)) for key in sorted({*by_code, *by_cloud})
    ]


def _classified(code: Change | None, cloud: Change | None) -> Finding:
    if cloud is None:
        assert code is not None  # noqa: S101 - one of the two exists
        fix = "run: pulumi up"
        return _finding(code, code.expected, code.actual, Class.UNAPPLIED, Severity.LOW, fix)
    if code is not None:
        fix = "decide which value is right; pulumi up --refresh applies the one in the code"
        return _finding(cloud, code.expected, cloud.actual, Class.BOTH, severity(cloud), fix)
    fix = "pulumi up --refresh reverts the change; to keep it, put it into the code"
    return _finding(cloud, cloud.expected, cloud.actual, Class.DRIFT, severity(cloud), fix)


def _finding(
    change: Change, expected: Any, actual: Any, class_: Class, severity: Severity, fix: str
) -> Finding:
    return Finding(Layer.CLOUD, change.urn, change.path, expected, actual, class_, severity, fix)


def severity(change: Change) -> Severity:
    """How much a change in the cloud endangers data or access to it."""
    name = top_level(change.path)
    if change.path == EXISTS:
        return Severity.CRITICAL if change.type in CRITICAL_WHEN_DELETED else Severity.HIGH
    if name in PROTECTIVE_PROPERTIES or "securitygroup" in change.type.lower():
        return Severity.HIGH
    return Severity.LOW if name.startswith(COSMETIC_PROPERTIES) else Severity.MEDIUM


def deduplicated(
    changes: Iterable[Change],
    database_names: Mapping[str, tuple[str, ...]],
    database_findings: Iterable[Finding],
) -> Iterator[Change]:
    """The changes that no finding of the database layer reports already.

    `database_names` maps the URN of a resource to the database's names of what it manages.
    """
    reported = {finding.resource for finding in database_findings}
    for change in changes:
        if reported.isdisjoint(database_names.get(change.urn, ())):
            yield change
