"""Every rule, broken once, and both recorded programs against all rules."""

from __future__ import annotations

import datetime
import functools
import importlib
import inspect
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import EngineEvent
from typer.testing import CliRunner

from ops.cli import app
from policy import changes, documentation, ecs, keys, preview, rds, rules, waivers
from policy.model import SECRET, UNKNOWN, PolicyResource, PolicyRule, Severity, Violation
from tests.components.recording import ROOT, run_program
from tests.unit.policy.broken_rules import BREAKS
from tests.unit.policy.policy_estate import GOOD, edited, estate, resource, type_of

LISTED = frozenset(
    """
    RDS.2 RDS.3 RDS.4 RDS.5 RDS.6 RDS.8 RDS.10 RDS.11 RDS.13 RDS.17 RDS.18 RDS.20 RDS.21 RDS.23
    RDS.25 RDS.36 CKV2_AWS_30 CKV2_AWS_69 CKV_AWS_211 CKV_AWS_353 CKV_AWS_354 ElastiCache.1
    ElastiCache.3 ElastiCache.4 ElastiCache.5 ElastiCache.7 CKV_AWS_31 CKV_AWS_191 ECS.2 ECS.3
    ECS.4 ECS.5 ECS.8 ECS.9 ECS.10 ECS.12 CKV_AWS_223 CKV_AWS_224 CKV_AWS_249 EC2.2 EC2.3 EC2.6
    EC2.8 EC2.9 EC2.19 ELB.6 CKV_AWS_23 Backup.1 CKV_AWS_166 KMS.5 CKV_AWS_7 S3.5 S3.8 S3.13
    CKV_AWS_21 CKV_AWS_145 CKV_AWS_158 CKV_AWS_338 SecretsManager.1
    """.split()  # noqa: SIM905 - a table of words
)
"""The rules that the stack should satisfy, as the team wrote them down."""
TODAY = datetime.date(2026, 11, 24)
DAY = datetime.timedelta(days=1)
PROGRAMS = {"nexusflow": ROOT, "nexusflow-foundation": ROOT / "foundation"}


def broken(resources: list[PolicyResource]) -> set[str]:
    return {violation.rule for violation in rules.violations(resources)}


def test_every_listed_rule_exists_once() -> None:
    assert sorted(rule.id for rule in rules.RULES) == sorted(LISTED)


def test_every_rule_is_broken_below() -> None:
    assert {rule for rule, _, _ in BREAKS} == {rule.id for rule in rules.RULES}


def test_the_good_estate_breaks_no_rule() -> None:
    assert rules.violations(estate()) == []


@pytest.mark.parametrize(
    ("rule", "changed", "change"),
    BREAKS,
    ids=[f"{rule}-{i}" for i, (rule, *_) in enumerate(BREAKS)],
)
def test_a_broken_rule_is_reported_and_no_other(
    rule: str, changed: str, change: Mapping[str, Any]
) -> None:
    found = rules.violations(estate(changed, change))
    assert [each.rule for each in found] == [rule]
    assert found[0].type in rules.BY_ID[rule].types


@pytest.mark.parametrize("unknown", sorted(UNKNOWN))
@pytest.mark.parametrize("key", GOOD)
def test_what_is_unknown_until_up_breaks_no_rule(key: str, unknown: str) -> None:
    for property_ in GOOD[key]:
        # an identifier that isn't known can't be looked for either
        if property_ not in ("identifier", "name", "bucket", "parameters"):
            assert rules.violations(estate(key, {property_: unknown})) == [], property_


@pytest.mark.parametrize("key", GOOD)
def test_the_properties_are_those_of_the_sdk(key: str) -> None:
    module, _, name = type_of(key).removeprefix("aws:").partition("/")
    arguments = getattr(importlib.import_module(f"pulumi_aws.{module}"), name.partition(":")[2])
    known = {
        head + "".join(part.title() for part in tail)
        for head, *tail in (
            p.split("_") for p in inspect.signature(arguments._internal_init).parameters
        )
    }
    used = {each for rule, type_, change in BREAKS if type_ == key for each in change}
    assert {*GOOD[key], *used} <= known


def test_a_replica_owes_its_source_what_only_a_source_has() -> None:
    replica = {
        "replicateSourceDb": "db",
        **{key: GOOD[rds.INSTANCE][key] for key in GOOD[rds.INSTANCE] if key != "multiAz"},
    }
    for key in ("username", "dbSubnetGroupName", "backupRetentionPeriod"):
        replica.pop(key)
    others = [each for each in estate() if each.type != rds.INSTANCE]
    assert rules.violations([resource(rds.INSTANCE, replica), *others]) == []


def test_a_cluster_whose_services_forbid_exec_needs_no_key_for_it() -> None:
    others = [each for each in estate() if each.type not in (ecs.CLUSTER, ecs.SERVICE)]
    settings = {"settings": GOOD[ecs.CLUSTER]["settings"]}
    service = edited(GOOD[ecs.SERVICE], {"enableExecuteCommand": False})
    bare = resource(ecs.CLUSTER, settings)
    assert rules.violations([bare, resource(ecs.SERVICE, service), *others]) == []
    assert broken([bare, *others]) == {"CKV_AWS_224"}


def test_a_violation_names_the_rule_and_the_resource_and_never_a_value() -> None:
    _, type_, change = next(each for each in BREAKS if each[0] == "ECS.8")
    (found,) = rules.violations(estate(type_, change))
    assert str(found) == (
        "ECS.8 (high) taskDefinition: secrets are not passed as plain environment variables; "
        "move it from environment to secrets in container_definitions"
    )
    assert "hush-hush" not in repr(found)


def test_a_document_that_is_secret_is_not_judged() -> None:
    assert rules.violations(estate("aws:kms/key:Key", {"policy": SECRET})) == []


def test_a_rule_looks_at_a_resource_alone_or_among_others() -> None:
    with pytest.raises(ValueError, match="alone or among"):
        PolicyRule("X.1", "nothing", Severity.LOW, (), "none")


# --- changes


def event(
    op: str,
    type_: str,
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    name: str = "it",
) -> Any:
    urn = f"urn:pulumi:production::nexusflow::{type_}::{name}"
    step: dict[str, Any] = {"op": op, "urn": urn, "type": type_, "provider": ""}
    for key, inputs in (("old", old), ("new", new)):
        if inputs is not None:
            step[key] = {"type": type_, "urn": urn, "id": "1", "inputs": dict(inputs)}
    return EngineEvent.from_json({"resOutputsEvent": {"metadata": step}})


def outlook(events: list[EngineEvent]) -> preview.Outlook:
    return preview.outlook(preview.of_events(events))


VOLUME = "aws:ebs/volume:Volume"
DISK = GOOD[VOLUME]


@pytest.mark.parametrize("type_", changes.STATEFUL)
def test_resources_that_hold_data_are_neither_replaced_nor_deleted(type_: str) -> None:
    steps = [
        event("create-replacement", type_, {}, {}, changes.AUDIT_LOG),
        event("replace", type_, {}, {}, changes.AUDIT_LOG),
        event("delete-replaced", type_, {}, None, changes.AUDIT_LOG),
    ]
    found = outlook(steps).violations()
    assert [each for each in found if each.rule.startswith("STATEFUL")] == [
        Violation(
            "STATEFUL.1",
            Severity.CRITICAL,
            "resources that hold data, and their network, are not replaced",
            "add a waiver with a reason to policy/waivers.yaml, or revert the change",
            f"urn:pulumi:production::nexusflow::{type_}::{changes.AUDIT_LOG}",
            type_,
        )
    ]
    deleted = outlook([event("delete", type_, {}, None, changes.AUDIT_LOG)]).violations()
    assert [each.rule for each in deleted] == ["STATEFUL.2"]


def test_what_holds_no_data_and_a_replica_may_go() -> None:
    topic = event("delete", "aws:sns/topic:Topic", {}, None)
    logs = event("delete", keys.LOG_GROUP, {}, None)
    replica = event("delete", rds.INSTANCE, {"replicateSourceDb": "db"}, None)
    assert outlook([topic, logs, replica]).violations() == []


def test_a_preview_is_judged_by_what_would_be_not_by_what_is() -> None:
    repaired = event("update", VOLUME, {"encrypted": False}, DISK)
    spoiled = event("update", VOLUME, DISK, {"encrypted": False})
    read = event("refresh", VOLUME, DISK, {"encrypted": False})
    assert outlook([repaired]).violations() == []
    assert [each.rule for each in outlook([spoiled]).violations()] == ["EC2.3"]
    assert outlook([read]).resources == ()


def test_a_real_preview_is_judged_by_its_replacements_and_deletions(tmp_path: Path) -> None:
    urn = f"urn:pulumi:production::nexusflow::nexusflow:components:Data${VOLUME}::data"
    state = {"urn": urn, "type": VOLUME, "id": "vol-1", "inputs": {"encrypted": True}}
    kept = {"op": "update", "urn": urn, "oldState": state, "newState": state}
    gone = {"op": "delete", "urn": urn, "oldState": state}
    file = tmp_path / "preview.json"
    for steps, code in ([kept], 0), ([gone], 1):
        file.write_text(json.dumps({"steps": steps, "changeSummary": {}}))
        result = CliRunner().invoke(app, ["policy", "check", str(file)])
        assert result.exit_code == code, result.output
    assert (
        "STATEFUL.2 (critical) data: resources that hold data, and their network, are not deleted"
        in result.stdout
    )
    file.write_text("error: no stack")
    broken = CliRunner().invoke(app, ["policy", "check", str(file)])
    assert broken.exit_code == 2
    assert "not output of `pulumi preview --json`" in broken.stderr


# --- the programs


@functools.cache  # a run takes seconds
def recorded(environment: str) -> list[list[PolicyResource]]:
    """The resources of both programs."""
    return [
        [
            PolicyResource(
                each.token,
                f"urn:pulumi:{environment}::{project}::{each.token}::{each.name}",
                each.inputs,
                f"{each.name}-id",
            )
            for each in run_program(directory, environment).resources
        ]
        for project, directory in PROGRAMS.items()
    ]


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_both_programs_satisfy_every_rule_or_say_why_not(environment: str) -> None:
    accepted = waivers.load()
    for resources in recorded(environment):
        verdict = waivers.judge(rules.violations(resources), accepted, TODAY)
        assert [str(each) for each in verdict.violations] == []


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_the_record_of_what_people_did_bears_the_name_that_the_rules_know(environment: str) -> None:
    main, _ = recorded(environment)
    clusters = [each for each in main if each.type == ecs.CLUSTER]
    audits = [
        str(each.get("configuration.executeCommandConfiguration.logConfiguration"))
        for each in clusters
    ]
    logs = [each for each in main if each.type == keys.LOG_GROUP]
    recording = [each.name for each in logs if any(str(each.get("name")) in it for it in audits)]
    assert recording == [changes.AUDIT_LOG]


def test_no_waiver_waits_for_nothing() -> None:
    found = [
        violation
        for environment in ("production", "staging")
        for resources in recorded(environment)
        for violation in rules.violations(resources)
    ]
    for waiver in waivers.load():
        for environment in waiver.environments:
            covered = [each for each in found if each.environment == environment]
            assert any(map(waiver.covers, covered)), (waiver.rule, waiver.resource, environment)


# --- what people read


def test_the_documentation_is_that_of_the_rules_and_waivers() -> None:
    written = (ROOT / "docs" / "policy.md").read_text("utf-8")
    assert written == documentation.markdown(waivers.load()), (
        "nexusdb policy list --markdown > docs/policy.md"
    )


def test_the_list_shows_every_rule_and_waiver() -> None:
    result = CliRunner().invoke(app, ["policy", "list"])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    shown = [line.split("\t")[0] for line in lines]
    assert set(rules.BY_ID) <= set(shown)
    assert any(line.startswith("RDS.23\tpostgres*\tproduction, staging\t2027-") for line in lines)
