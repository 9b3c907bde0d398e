"""The dashboard of both environments: valid for CloudWatch, with all alarms and graphs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft7Validator

from tests.components.monitoring.test_alarms import COMPOSITE, ENVIRONMENTS, servers
from tests.components.recording import ROOT, Run, run_program

SCHEMA = json.loads((ROOT / "sandbox/emulator/cloudwatch/dashboard.json").read_text("utf-8"))


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def main(environment: str) -> Run:
    return run_program(ROOT, environment)


@pytest.fixture(scope="module")
def dashboard(main: Run, environment: str) -> dict[str, Any]:
    resource = main.one("aws:cloudwatch/dashboard:Dashboard").inputs
    assert resource["dashboardName"] == f"nexusflow-{environment}"
    body = json.loads(resource["dashboardBody"])
    assert isinstance(body, dict)
    return body


def widgets(body: dict[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    return (each["properties"] for each in body["widgets"] if each["type"] == kind)


def test_the_dashboard_is_what_cloudwatch_takes(dashboard: dict[str, Any]) -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert [error.message for error in Draft7Validator(SCHEMA).iter_errors(dashboard)] == []


def test_widgets_neither_overlap_nor_leave_the_grid(dashboard: dict[str, Any]) -> None:
    taken: set[tuple[int, int]] = set()
    for widget in dashboard["widgets"]:
        assert widget["x"] + widget["width"] <= 24
        cells = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not cells & taken
        taken |= cells


def test_the_dashboard_begins_with_the_state_of_every_page(
    main: Run, dashboard: dict[str, Any]
) -> None:
    kinds = [widget["type"] for widget in dashboard["widgets"]]
    assert kinds[:3] == ["text", "alarm", "alarm"]
    shown = [
        arn.rpartition(":")[2] for each in widgets(dashboard, "alarm") for arn in each["alarms"]
    ]
    assert sorted(shown) == sorted(page.inputs["alarmName"] for page in main.all(COMPOSITE))


def test_every_server_graph_has_a_line_per_server_and_the_thresholds(
    environment: str, dashboard: dict[str, Any]
) -> None:
    graphs = {
        graph["title"]: graph
        for graph in widgets(dashboard, "metric")
        if "DBInstanceIdentifier" in json.dumps(graph["metrics"])
    }
    cpu = graphs["cpu (percent)"]
    assert [line[3] for line in cpu["metrics"]] == list(servers(environment).values())
    assert [line["value"] for line in cpu["annotations"]["horizontal"]] == [70, 90]
    iops = graphs["iops (per second)"]["metrics"]
    sums = [line[0] for line in iops if "expression" in line[0]]
    assert [line["label"] for line in sums] == list(servers(environment))
    ids = {line[-1]["id"] for line in iops}
    assert len(ids) == len(iops)
    for line in sums:
        assert set(re.findall(r"\w+", line["expression"])) <= ids
