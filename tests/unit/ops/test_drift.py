"""Findings from what two comparisons of the engine and the catalog say, without either."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.automation import EngineEvent

from engine.wire_format import SIGNATURE
from ops.drift import cloud
from ops.drift.findings import (
    SECRET,
    Change,
    Class,
    Finding,
    Layer,
    Severity,
    at,
    changed,
    cloud_findings,
    deduplicated,
)

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


def test_how_many_tasks_autoscaling_runs_is_no_drift() -> None:
    service = "aws:ecs/service:Service"
    was, scaled = {"desiredCount": 2, "tags": "a"}, {"desiredCount": 3, "tags": "b"}
    told = cloud.drifted([event("update", was, scaled, service)])
    assert [each.path for each in told] == ["tags"]


def test_what_only_the_cloud_changed_is_drift_and_what_only_the_code_changed_is_unapplied() -> None:
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
    ("path", "type_", "weight"),
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
def test_a_change_weighs_what_it_endangers(path: str, type_: str, weight: Severity) -> None:
    (finding,) = cloud_findings([], [change(path, type_=type_)])
    assert finding.severity is weight


def test_what_the_database_layer_tells_is_not_told_twice() -> None:
    told = Finding(
        Layer.DATABASE, "role:app", "attribute/login", "a", "b", Class.DRIFT, Severity.HIGH, ""
    )
    role = change("login")
    assert list(deduplicated([role], {URN: ("role:app",)}, [told])) == []
    assert list(deduplicated([role], {URN: ("role:other",)}, [told])) == [role]


def test_a_refresh_tells_properties_and_what_is_gone() -> None:
    same = event("same", {"port": 1}, {"port": 1})
    update = event("update", {"port": 1, "tags": {"a": "x"}}, {"port": 1, "tags": {"a": "y"}})
    assert cloud.drifted([same, update]) == [change("tags.a", "x", "y")]
    assert cloud.drifted([event("delete", {"port": 1})]) == [change("exists", "present", "absent")]


def test_a_preview_tells_what_the_code_wants_instead() -> None:
    assert cloud.unapplied([event("update", {"port": 1}, {"port": 2})]) == [change("port", 2, 1)]
    assert cloud.unapplied([event("create", None, {"port": 2})]) == [
        change("exists", "present", "absent")
    ]
    replaced = [
        event("create-replacement", {"port": 1}, {"port": 2}),
        event("delete-replaced", {"port": 1}),
    ]
    assert cloud.unapplied(replaced) == [change("port", 2, 1)]


def test_what_a_catalog_observed_is_left_to_the_database_layer() -> None:
    kind = cloud.CATALOG
    seen = event(
        "update", {"drift": {}, "access": "old"}, {"drift": {"x": {}}, "access": "old"}, kind
    )
    assert cloud.drifted([seen]) == []
    assert cloud.recorded_access([seen]) == "old"


def test_the_postgresql_resources_stand_for_what_the_database_calls_them() -> None:
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
        assert cloud.covered([same]) == {URN: names}


def test_secrets_are_masked_at_every_depth() -> None:
    wrapped = {SIGNATURE: "x", "ciphertext": "c"}
    other = {SIGNATURE: "x", "ciphertext": "d"}
    assert list(changed({"a": wrapped}, {"a": other})) == [("a", SECRET, SECRET)]
    assert list(changed({"a": [wrapped]}, {}, ["a"])) == [("a", [SECRET], None)]


def test_a_property_path_leads_through_mappings_lists_and_quoted_names() -> None:
    value = {"tags": {"a.b": 1}, "rules": [{"port": 5}]}
    assert at(value, 'tags["a.b"]') == 1
    assert at(value, "rules[0].port") == 5
    assert at(value, "rules[3].port") is None
