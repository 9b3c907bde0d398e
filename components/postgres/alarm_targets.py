"""Alarm targets of PostgreSQL: each instance as a server, and each replica as a replica as well."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.monitoring.alarm_target import AlarmTarget, numbered

PRIMARY = "primary"


def alarm_targets(
    primary: pulumi.Input[str], replicas: Sequence[pulumi.Input[str]], iops: int
) -> list[AlarmTarget]:
    """`primary` and `replicas` are instance identifiers, `iops` the provisioned IOPS of each."""
    targets = []
    for name, identifier in {PRIMARY: primary, **numbered("replica", replicas)}.items():
        dimensions = {"DBInstanceIdentifier": identifier}
        targets.append(
            AlarmTarget(
                store="postgres",
                instance=name,
                type="postgres_server",
                dimensions=dimensions,
                capacity={"iops": iops},
            )
        )
        if name != PRIMARY:
            targets.append(
                AlarmTarget(
                    store="postgres",
                    instance=name,
                    type="postgres_replica",
                    dimensions=dimensions,
                    suppressed_by=PRIMARY,
                )
            )
    return targets
