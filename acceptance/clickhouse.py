"""Checks of ClickHouse: the documented figures in its hosts' user data.

The sandbox doesn't boot the hosts, so the checks read the scripts that would set them up.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from acceptance import documented
from acceptance.attempt import check
from engine.result import Check

SERVER_PACKAGE = re.compile(r"clickhouse-server-(\d+)\.\S+\.rpm")
EVENT_TTL = re.compile(r"INTERVAL (\d+) MONTH")


def checks(outputs: Mapping[str, Any], ec2: Any) -> Iterator[Check]:
    hosts = [host for _, host in sorted(outputs["clickhouse"]["hosts"].items())]
    all_hosts = [host["instance_id"] for host in hosts]
    data_hosts = [host["instance_id"] for host in hosts if host.get("volume_id")]
    yield check(
        "clickhouse: version",
        documented.MAJOR_VERSIONS["clickhouse"],
        partial(_found_in_user_data, ec2, all_hosts, SERVER_PACKAGE),
    )
    yield check(
        "clickhouse: months of event retention",
        f"{documented.EVENTS_MONTHS}",
        partial(_found_in_user_data, ec2, data_hosts, EVENT_TTL),
    )


def _found_in_user_data(ec2: Any, instance_ids: Sequence[str], pattern: re.Pattern[str]) -> str:
    """The pattern's matches in the user data: once if all hosts agree, otherwise per host."""
    found = [
        ", ".join(sorted({*pattern.findall(_user_data(ec2, each))})) or "nothing"
        for each in instance_ids
    ]
    return found[0] if len(set(found)) == 1 else " / ".join(found)


def _user_data(ec2: Any, instance_id: str) -> str:
    answer = ec2.describe_instance_attribute(InstanceId=instance_id, Attribute="userData")
    return base64.b64decode(answer["UserData"]["Value"]).decode()
