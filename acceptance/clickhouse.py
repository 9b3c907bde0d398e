"""Compares the documented figures of ClickHouse with the hosts' user data; no host boots here."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from acceptance import documented
from acceptance.roles import Tried
from engine.result import Check

MAJOR = re.compile(r"clickhouse-server-(\d+)\.\S+\.rpm")
RETENTION = re.compile(r"INTERVAL (\d+) MONTH")


def checks(outputs: Mapping[str, Any], ec2: Any, tried: Tried) -> Iterator[Check]:
    hosts = [host for _, host in sorted(outputs["clickhouse"]["hosts"].items())]
    every = [host["instance_id"] for host in hosts]
    of_data = [host["instance_id"] for host in hosts if host.get("volume_id")]
    rows = (
        ("version", documented.MAJOR_VERSIONS["clickhouse"], every, MAJOR),
        ("months that events are kept", f"{documented.EVENTS_MONTHS}", of_data, RETENTION),
    )
    for name, expected, hosts_told, pattern in rows:
        yield tried(f"clickhouse: {name}", expected, partial(_told, ec2, hosts_told, pattern))


def _told(ec2: Any, instance_ids: Sequence[str], pattern: re.Pattern[str]) -> str:
    """The value if all hosts have the same one, else each host's."""
    told = [
        ", ".join(sorted({*pattern.findall(_script(ec2, each))})) or "nothing"
        for each in instance_ids
    ]
    return told[0] if len(set(told)) == 1 else " / ".join(told)


def _script(ec2: Any, instance_id: str) -> str:
    answer = ec2.describe_instance_attribute(InstanceId=instance_id, Attribute="userData")
    return base64.b64decode(answer["UserData"]["Value"]).decode()
