"""The check of ClickHouse's figures after `up`, against the hosts that the program makes."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from acceptance import clickhouse
from tests.components.recording import ROOT, Run, run_program

HOST = "aws:ec2/instance:Instance"
VERSION, MONTHS = "clickhouse: version", "clickhouse: months of event retention"
DATA, KEEPER = "clickhouse-1-2", "clickhouse-keeper-3"


@pytest.fixture(scope="module")
def main() -> Run:
    return run_program(ROOT, "production")


class Ec2:
    """Gives the scripts of the program's hosts, one of them changed."""

    def __init__(self, main: Run, host: str, old: str, new: str) -> None:
        self.scripts = {each.name: str(each.inputs["userData"]) for each in main.all(HOST)}
        assert old in self.scripts[host]
        self.scripts[host] = self.scripts[host].replace(old, new)

    def describe_instance_attribute(self, **arguments: str) -> dict[str, Any]:
        assert arguments["Attribute"] == "userData"
        script = self.scripts[arguments["InstanceId"].removesuffix("-id")]
        return {"UserData": {"Value": base64.b64encode(script.encode()).decode()}}


def red(main: Run, host: str = DATA, old: str = "", new: str = "") -> dict[str, str]:
    """What the failed checks found, by name."""
    done = list(clickhouse.checks(main.outputs, Ec2(main, host, old, new)))
    assert [check.name for check in done] == [VERSION, MONTHS]
    return {check.name: check.actual for check in done if not check.passed}


def test_what_the_program_makes_is_as_documented(main: Run) -> None:
    assert red(main) == {}


@pytest.mark.parametrize("host", [DATA, KEEPER])
def test_a_host_of_another_version_is_red(main: Run, host: str) -> None:
    assert set(red(main, host, "23.8.16.40", "24.8.4.13")) == {VERSION}


def test_events_that_are_kept_for_another_time_are_red(main: Run) -> None:
    assert red(main, DATA, "INTERVAL 12 MONTH", "INTERVAL 24 MONTH") == {MONTHS: "12 / 24"}
    once = "MODIFY TTL toDateTime(timestamp) + INTERVAL {} MONTH"
    assert red(main, DATA, once.format(12), once.format(24)) == {MONTHS: "12 / 12, 24"}


def test_a_host_that_makes_no_tables_is_red(main: Run) -> None:
    assert red(main, DATA, "INTERVAL 12 MONTH", "") == {MONTHS: "12 / nothing"}
