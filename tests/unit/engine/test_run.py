"""The order of a run over both projects, and when an update is left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console

from engine import fingerprint
from engine.errors import EngineError
from engine.progress import Progress
from engine.projects import FOUNDATION, IN_ORDER, MAIN, Project
from engine.result import Operation, Outcome, ProjectRun, ResourceChange
from engine.run import Environment, Request, over_projects
from engine.stack import OnEvent, Options, ProjectStack
from sandbox.paths import SandboxPaths

Done = tuple[str, str]


class Gate:
    """Lets everything pass: an empty verdict."""

    violations = mandatory = ()

    def verdict(self, _events: object) -> Gate:
        return self


@dataclass
class RecordedStack:
    """A stack that notes the operations on it and finds what it is told to."""

    project: Project
    done: list[Done]
    unchanged: bool = True
    failing: Operation | None = None
    state: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return self.project.label

    def deployment(self) -> Mapping[str, Any]:
        return self.state

    revealed_deployment = deployment

    def replace_state(self, edit: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
        self.state = edit(self.state)

    def run(self, operation: Operation, _on_event: OnEvent, options: Options) -> ProjectRun:
        self.done.append((self.label, f"{operation}{' refreshing' if options.refresh else ''}"))
        outcome = Outcome.FAILED if operation is self.failing else Outcome.SUCCEEDED
        op = "same" if self.unchanged else "update"
        resources = (ResourceChange("urn:pulumi:trial::p::t::r", "t", op),)
        outputs = {"vpc_id": "vpc-1"}
        return ProjectRun(self.label, outcome, resources, outputs=outputs, unchanged=self.unchanged)


class Scene:
    """Both projects of an environment whose last update was of the code as it is."""

    def __init__(self, root: Path) -> None:
        (root / "__main__.py").write_text("")
        self.paths = SandboxPaths("trial", root)
        self.done: list[Done] = []
        self.updated: list[str] = []
        self.healthy = True
        self.stacks = {project: RecordedStack(project, self.done) for project in IN_ORDER}
        for project in IN_ORDER:
            fingerprint.record(self.paths, project, fingerprint.of_code(root))

    def run(
        self,
        operation: Operation,
        *,
        gate: Gate | None = None,
        preview_only: bool = False,
        refresh: bool = False,
    ) -> list[Done]:
        environment = Environment(
            self.paths,
            lambda project: cast(ProjectStack, self.stacks[project]),
            lambda _creation: [],
            Progress(Console(quiet=True)),
            lambda: self.healthy,
            lambda project, _result: self.updated.append(project.label),
        )
        request = Request(operation, gate, preview_only=preview_only, refresh=refresh)
        self.result = over_projects(environment, request)
        return self.done


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


AHEAD = "preview refreshing"


def test_an_up_that_would_change_nothing_looks_ahead_and_updates_nothing(scene: Scene) -> None:
    assert scene.run(Operation.UP, gate=Gate()) == [("foundation", AHEAD), ("main", AHEAD)]
    assert scene.result.changes == {"same": 2}
    assert scene.updated == ["foundation", "main"], "what follows an update runs all the same"


def changed(scene: Scene) -> None:
    scene.stacks[MAIN].unchanged = False


def unhealthy(scene: Scene) -> None:
    scene.healthy = False


def pending(scene: Scene) -> None:
    creation = {"urn": "urn:pulumi:trial::p::t::r", "type": "t", "inputs": {}}
    scene.stacks[MAIN].state = {"pending_operations": [{"type": "creating", "resource": creation}]}


def other_code(scene: Scene) -> None:
    (scene.paths.project_root / "__main__.py").write_text("protect = True")


def never_updated(scene: Scene) -> None:
    fingerprint.forget(scene.paths, MAIN)


@pytest.mark.parametrize("alter", [changed, unhealthy, pending, other_code, never_updated])
def test_one_reason_is_enough_to_update(scene: Scene, alter: Callable[[Scene], None]) -> None:
    alter(scene)
    assert ("main", "up") in scene.run(Operation.UP, gate=Gate())


def test_an_update_that_failed_is_not_left_out_the_next_time(scene: Scene) -> None:
    main = scene.stacks[MAIN]
    main.unchanged, main.failing = False, Operation.UP
    scene.run(Operation.UP, gate=Gate())
    assert scene.result.outcome is Outcome.FAILED
    main.unchanged, main.failing = True, None
    assert ("main", "up") in scene.run(Operation.UP, gate=Gate())
    scene.done.clear()
    assert ("main", "up") not in scene.run(Operation.UP, gate=Gate())


def test_a_look_ahead_that_fails_stops_the_run_before_anything_is_changed(scene: Scene) -> None:
    scene.stacks[FOUNDATION].failing = Operation.PREVIEW
    assert scene.run(Operation.UP, gate=Gate()) == [("foundation", AHEAD)]
    assert scene.result.notes == ("foundation: stopped before anything was changed",)
    assert scene.result.changes == {}
    assert scene.updated == []


def test_a_destruction_goes_backwards_and_needs_no_gate(scene: Scene) -> None:
    done = scene.run(Operation.DESTROY, gate=Gate())
    assert done == [("main", "destroy"), ("foundation", "destroy")]


def test_a_destruction_of_something_protected_is_refused_before_it_begins(scene: Scene) -> None:
    urn = "urn:pulumi:trial::p::aws:rds/instance:Instance::postgres"
    scene.stacks[FOUNDATION].state = {"resources": [{"urn": urn, "protect": True}]}
    with pytest.raises(EngineError, match="postgres"):
        scene.run(Operation.DESTROY)
    assert scene.done == []


def test_a_preview_refreshes_only_when_asked_to(scene: Scene) -> None:
    assert scene.run(Operation.PREVIEW) == [("foundation", "preview"), ("main", "preview")]
    scene.done.clear()
    assert scene.run(Operation.PREVIEW, refresh=True) == [("foundation", AHEAD), ("main", AHEAD)]
