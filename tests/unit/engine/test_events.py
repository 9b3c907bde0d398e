"""The engine's events folded into what happened."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.automation import EngineEvent

from engine import events
from engine.result import Check, Operation, Outcome, ProjectRun, Run

URN = "urn:pulumi:production::nexusflow::aws:kms/key:Key::keys"


def done(op: str, urn: str = URN, **metadata: Any) -> EngineEvent:
    type_token = urn.split("::")[2]
    step = {"op": op, "urn": urn, "type": type_token, "provider": "", **metadata}
    return EngineEvent.from_json({"resOutputsEvent": {"metadata": step}})


def said(severity: str, message: str, **fields: Any) -> EngineEvent:
    event = {"severity": severity, "message": message, "color": "never", **fields}
    return EngineEvent.from_json({"diagnosticEvent": event})


def test_the_refresh_that_up_begins_with_is_no_change() -> None:
    assert events.resources([done("refresh")]) == ()
    (resource,) = events.resources([done("refresh"), done("same")])
    assert resource.op == "same"


def test_a_replacement_is_one_change_with_its_reason() -> None:
    why = {"cidrBlock": {"diffKind": "update-replace", "inputDiff": True}}
    steps = [done("create-replacement", detailedDiff=why), done("replace"), done("delete-replaced")]
    (resource,) = events.resources(steps)
    assert (resource.op, resource.changed) == ("replace", ("cidrBlock",))


def test_a_stacks_outputs_do_not_hide_that_it_was_created() -> None:
    (resource,) = events.resources([done("create"), done("same")])
    assert resource.op == "create"


def test_default_providers_are_not_reported_and_explicit_ones_are() -> None:
    prefix = "urn:pulumi:production::nexusflow::pulumi:providers:aws::"
    steps = [done("create", prefix + "default_7_51_0"), done("create", prefix + "recovery")]
    assert [each.name for each in events.resources(steps)] == ["recovery"]


def test_without_a_detailed_difference_old_and_new_are_compared() -> None:
    old = {"inputs": {}, "outputs": {"tags": {"a": "1"}, "list": [1, 2], "same": 1}}
    new = {"inputs": {}, "outputs": {"tags": {"a": "2"}, "list": [1, 3], "same": 1}}
    (resource,) = events.resources([done("update", old=old, new=new)])
    assert resource.changed == ("list[1]", "tags.a")


def test_how_many_tasks_autoscaling_runs_is_no_change() -> None:
    urn = "urn:pulumi:production::nexusflow::aws:ecs/service:Service::pgbouncer"

    def service(**now: object) -> dict[str, object]:
        stated = {"desiredCount": 2, "enableExecuteCommand": False, **now}
        return {"inputs": stated, "outputs": stated}

    scaled = done("update", urn, old=service(), new=service(desiredCount=3))
    opened = done("update", urn, old=service(), new=service(enableExecuteCommand=True))
    assert [each.op for each in events.resources([scaled])] == ["same"]
    assert [each.changed for each in events.resources([opened])] == [("enableExecuteCommand",)]


STATE = {"inputs": {}, "outputs": {"masterPassword": "[secret]"}}


def refreshed(old: dict[str, Any], new: dict[str, Any] | None) -> EngineEvent:
    return done(
        "refresh", old={"inputs": {}, "outputs": old}, new=new and {"inputs": {}, "outputs": new}
    )


def test_a_run_of_same_read_and_refreshes_that_found_the_same_changes_nothing() -> None:
    same = refreshed({"rotation": True}, {"rotation": True})
    assert events.changes_nothing([same, done("same"), done("read")])
    assert events.changes_nothing([])


@pytest.mark.parametrize("op", ["create", "update", "delete", "replace", "import", "discard"])
def test_any_other_step_changes_something(op: str) -> None:
    assert not events.changes_nothing([done("same"), done(op)])


def test_a_refresh_that_found_another_output_or_nothing_changes_something() -> None:
    found = refreshed({"rotation": True}, {"rotation": False})
    assert not events.changes_nothing([found, done("same")])
    assert not events.changes_nothing([refreshed({"rotation": True}, None), done("same")])


def test_a_refresh_that_has_only_begun_changes_nothing_yet() -> None:
    step = {"op": "refresh", "urn": URN, "type": "aws:kms/key:Key", "provider": "", "old": STATE}
    assert events.changes_nothing([EngineEvent.from_json({"resourcePreEvent": {"metadata": step}})])


def test_inputs_that_a_refresh_only_sorts_or_completes_change_nothing() -> None:
    old = {"inputs": {"subnetIds": ["b", "a"]}, "outputs": {"subnetIds": ["a", "b"]}}
    new = {"inputs": {"subnetIds": ["a", "b"]}, "outputs": {"subnetIds": ["a", "b"]}}
    assert events.changes_nothing([done("refresh", old=old, new=new)])


def test_a_masked_secret_that_the_provider_found_different_changes_something() -> None:
    found = done("refresh", old=STATE, new=STATE, diffs=["masterPassword"])
    assert not events.changes_nothing([found])


def test_how_many_tasks_autoscaling_runs_is_recorded_by_an_update() -> None:
    urn = "urn:pulumi:production::nexusflow::aws:ecs/service:Service::pgbouncer"
    stated = {"inputs": {}, "outputs": {"desiredCount": 2}}
    scaled = {"inputs": {}, "outputs": {"desiredCount": 3}}
    assert not events.changes_nothing([done("refresh", urn, old=stated, new=scaled)])


def test_a_failed_step_changes_something() -> None:
    step = {"op": "create", "urn": URN, "type": "aws:kms/key:Key", "provider": ""}
    failed = {"metadata": step, "status": 1, "steps": 1}
    assert not events.changes_nothing([EngineEvent.from_json({"resOpFailedEvent": failed})])


def test_debug_messages_never_surface_because_they_carry_properties() -> None:
    assert events.diagnostics([said("debug", "password=hush")]) == ()


def test_messages_lose_their_colour_marks_and_keep_their_resource() -> None:
    (shown,) = events.diagnostics([said("error", "<{%fg 1%}>no such key<{%reset%}>\n", urn=URN)])
    assert (shown.severity, shown.message, shown.urn) == ("error", "no such key", URN)


def test_an_error_that_the_engine_repeats_is_shown_once() -> None:
    twice = [said("error", "it broke"), said("error", "an unhandled error occurred: it broke")]
    assert [each.message for each in events.diagnostics(twice)] == ["it broke"]


def judged(level: str) -> EngineEvent:
    event = {
        "resourceUrn": URN,
        "message": "<{%reset%}>the key is rotated<{%reset%}>\nset enable_key_rotation",
        "policyName": "CKV_AWS_7",
        "enforcementLevel": level,
    }
    return EngineEvent.from_json({"policyEvent": event})


def test_what_a_policy_pack_finds_is_a_message_with_its_rule_and_resource() -> None:
    (error,) = events.diagnostics([judged("mandatory")])
    assert (error.severity, error.urn) == ("error", URN)
    assert error.message == "CKV_AWS_7: the key is rotated; set enable_key_rotation"
    assert [each.severity for each in events.diagnostics([judged("advisory")])] == ["warning"]


def a_run(*ops: str, checks: tuple[Check, ...] = ()) -> Run:
    parts = tuple(
        ProjectRun(label, Outcome.SUCCEEDED, events.resources([done(op)]))
        for label, op in zip(("foundation", "main"), ops, strict=False)
    )
    return Run(Operation.UP, "production", parts, checks)


def test_changes_are_counted_over_both_projects() -> None:
    assert a_run("create", "create").document()["changes"] == {"create": 2}
    assert not a_run("same", "read").has_changes
    assert a_run("same", "update").has_changes


def test_a_failed_check_fails_the_run() -> None:
    assert a_run("same", checks=(Check("a", "1", "1"),)).outcome is Outcome.SUCCEEDED
    red = a_run("same", checks=(Check("a", "1", "1"), Check("b", "1", "2")))
    assert red.outcome is Outcome.FAILED
    assert red.document()["result"] == "failed"
    assert [check["passed"] for check in red.document()["checks"]] == [True, False]
