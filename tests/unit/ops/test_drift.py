"""Findings from what two comparisons of the engine and the catalog say, without either."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.automation import EngineEvent

from engine.wire_format import MASK, SIGNATURE
from ops.drift import cloud_changes
from ops.drift.cloud_findings import cloud_findings, deduplicated
from ops.drift.findings import Change, Class, Finding, Layer
from policy.model import Severity

INSTANCE = "aws:rds/instance:Instance"
URN = "urn:pulumi:staging::nexusflow::aws:rds/instance:Instance::postgres"


def change(path: str, expected: Any = "a", actual: Any = "b", type_: str = INSTANCE) -> Change:
    return Change(URN, type_, path, expected, actual)


def event(op: str, old: Any = None, new: Any = None, type_: str = INSTANCE, **more: Any) -> Any:
    def state(inputs: Any) -> Any:
        return inputs and {
            "urn": URN,
            "type": type_,
            "id": "x",
            "parent": "",
            "provider": "p",
            "inputs": inputs,
            "outputs": inputs,
        }

    metadata = {
        "op": op,
        "urn": URN,
        "type": type_,
        "provider": "p",
        "old": state(old),
        "new": state(new),
        **more,
    }
    body = {"metadata": metadata, "planning": True}
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, "resOutputsEvent": body})


def test_the_number_of_tasks_that_autoscaling_runs_is_no_drift() -> None:
    service = "aws:ecs/service:Service"
    was, scaled = {"desiredCount": 2, "tags": "a"}, {"desiredCount": 3, "tags": "b"}
    found = cloud_changes.drifted_changes([event("update", was, scaled, service)])
    assert [each.path for each in found] == ["tags"]


def test_a_change_in_the_cloud_is_drift_and_one_in_the_code_is_unapplied() -> None:
    found = {
        each.path: each
        for each in cloud_findings(
            [change("tags"), change("port", 1, 2)], [change("port", 2, 3), change("iops")]
        )
    }
    assert {path: each.class_ for path, each in found.items()} == {
        "tags": Class.UNAPPLIED,
        "iops": Class.DRIFT,
        "port": Class.BOTH,
    }
    assert (found["port"].expected, found["port"].actual) == (1, 3)


@pytest.mark.parametrize(
    ("path", "type_", "severity"),
    [
        ("exists", INSTANCE, Severity.CRITICAL),
        ("exists", "aws:ecr/repository:Repository", Severity.CRITICAL),
        ("exists", "aws:secretsmanager/secret:Secret", Severity.CRITICAL),
        ("exists", "aws:cloudwatch/logGroup:LogGroup", Severity.HIGH),
        ("exists", "aws:ec2/route:Route", Severity.HIGH),
        ("publiclyAccessible", INSTANCE, Severity.HIGH),
        ("cidrIpv4", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", Severity.HIGH),
        ("iops", INSTANCE, Severity.MEDIUM),
        ("tags.Name", INSTANCE, Severity.LOW),
    ],
)
def test_a_change_is_as_severe_as_what_it_endangers(
    path: str, type_: str, severity: Severity
) -> None:
    (finding,) = cloud_findings([], [change(path, type_=type_)])
    assert finding.severity is severity


def test_a_finding_of_the_database_layer_is_not_reported_for_the_cloud_as_well() -> None:
    reported = Finding(
        Layer.DATABASE, "role:app", "attribute/login", "a", "b", Class.DRIFT, Severity.HIGH, ""
    )
    role = change("login")
    assert list(deduplicated([role], {URN: ("role:app",)}, [reported])) == []
    assert list(deduplicated([role], {URN: ("role:other",)}, [reported])) == [role]


def test_a_refresh_shows_changed_properties_and_deleted_resources() -> None:
    same = event("same", {"port": 1}, {"port": 1})
    update = event("update", {"port": 1, "tags": {"a": "x"}}, {"port": 1, "tags": {"a": "y"}})
    assert cloud_changes.drifted_changes([same, update]) == [change("tags.a", "x", "y")]
    assert cloud_changes.drifted_changes([event("delete", {"port": 1})]) == [
        change("exists", "present", "absent")
    ]


def test_a_preview_shows_what_the_code_wants_instead() -> None:
    assert cloud_changes.unapplied_changes([event("update", {"port": 1}, {"port": 2})]) == [
        change("port", 2, 1)
    ]
    assert cloud_changes.unapplied_changes([event("create", None, {"port": 2})]) == [
        change("exists", "present", "absent")
    ]
    replaced = [
        event("create-replacement", {"port": 1}, {"port": 2}),
        event("delete-replaced", {"port": 1}),
    ]
    assert cloud_changes.unapplied_changes(replaced) == [change("port", 2, 1)]


def test_observations_of_the_catalog_are_left_to_the_database_layer() -> None:
    kind = cloud_changes.CATALOG
    seen = event(
        "update", {"drift": {}, "settings": "old"}, {"drift": {"x": {}}, "settings": "old"}, kind
    )
    assert cloud_changes.drifted_changes([seen]) == []
    assert cloud_changes.applied_catalog([seen]) == "old"


def test_postgresql_resources_are_matched_to_the_databases_own_names() -> None:
    grant = {"objectType": "table", "schema": "public", "objects": ["users"], "role": "app"}
    defaults = {"owner": "o", "schema": "public", "objectType": "table"}
    for kind, inputs, names in (
        ("grant:Grant", grant, ("public.users",)),
        ("grant:Grant", {"objectType": "schema", "schema": "audit"}, ("schema:audit",)),
        ("grant:Grant", {"objectType": "database", "database": "d"}, ("database:d",)),
        ("role:Role", {"name": "app"}, ("role:app",)),
        ("grantRole:GrantRole", {"role": "m", "grantRole": "o"}, ("role:m",)),
        ("defaultPrivileges:DefaultPrivileges", defaults, ("default:o/public/tables",)),
    ):
        same = event("same", inputs, inputs, f"postgresql:index/{kind}")
        assert cloud_changes.database_names([same]) == {URN: names}


def test_secrets_in_a_change_are_masked() -> None:
    wrapped, other = ({SIGNATURE: "x", "ciphertext": text} for text in "ab")
    update = event("update", {"a": wrapped, "b": [wrapped]}, {"a": other})
    assert cloud_changes.unapplied_changes([update]) == [
        change("a", MASK, MASK),
        change("b", None, [MASK]),
    ]
    reported = {"b": {"diffKind": "delete", "inputDiff": False}}
    update = event("update", {"b": [wrapped]}, {"c": 1}, detailedDiff=reported)
    assert cloud_changes.unapplied_changes([update]) == [change("b", None, [MASK])]
