"""What people see of a run while it goes on."""

from __future__ import annotations

import io
import threading

from pulumi.automation import EngineEvent
from rich.console import Console

from engine import progress
from engine.progress import Progress

URN = "urn:pulumi:staging::nexusflow::aws:kms/key:Key::"


class Screen:
    """A console whose text a test reads."""

    def __init__(self, *, terminal: bool, verbose: bool = False) -> None:
        self._file = io.StringIO()
        self.console = Console(
            file=self._file, force_terminal=terminal, width=120, color_system=None
        )
        self.progress = Progress(self.console, verbose=verbose)

    @property
    def text(self) -> str:
        return self._file.getvalue()


def step(kind: str, op: str, name: str) -> EngineEvent:
    metadata = {"op": op, "urn": URN + name, "type": "aws:kms/key:Key", "provider": ""}
    return EngineEvent.from_json({kind: {"metadata": metadata}})


def finish(to: Progress, op: str, name: str) -> None:
    to.on_event(step("resourcePreEvent", op, name))
    to.on_event(step("resOutputsEvent", op, name))


def a_run(screen: Screen, *, foreseen: bool = False) -> str:
    with screen.progress.phase("main: updating", 3, foreseen=foreseen):
        finish(screen.progress, "same", "old")
        finish(screen.progress, "create", "new")
    return screen.text


def test_a_pipe_gets_a_line_for_each_change_and_none_for_what_stays_as_it_is() -> None:
    lines = a_run(Screen(terminal=False)).splitlines()
    assert lines[0] == "main: updating …"
    assert [line.split()[:3] for line in lines[1:]] == [["create", "aws:kms/key:Key", "new"]]


def test_a_terminal_gets_a_bar_with_how_many_of_how_many_are_done() -> None:
    shown = a_run(Screen(terminal=True))
    assert "2/3" in shown
    assert "create" not in shown


def test_a_terminal_gets_lines_instead_of_the_bar_when_asked_to_be_verbose() -> None:
    shown = a_run(Screen(terminal=True, verbose=True))
    assert "aws:kms/key:Key  new" in shown
    assert "2/3" not in shown


def test_what_a_preview_foresees_is_not_listed_as_done() -> None:
    assert "create" not in a_run(Screen(terminal=False), foreseen=True)


def test_a_bar_whose_estimate_was_too_low_grows_with_what_is_done() -> None:
    screen = Screen(terminal=True)
    with screen.progress.phase("main: updating", 1):
        for name in ("a", "b", "c"):
            finish(screen.progress, "create", name)
    assert "3/3" in screen.text


def test_a_failed_resource_is_named_on_a_terminal_too() -> None:
    screen = Screen(terminal=True)
    with screen.progress.phase("main: updating", 3):
        screen.progress.on_event(step("resOpFailedEvent", "create", "broken"))
    assert "failed   aws:kms/key:Key  broken" in screen.text


def test_a_pipe_is_never_silent_for_long() -> None:
    screen = Screen(terminal=False)
    heard = threading.Event()

    def say(message: str) -> None:
        screen.console.print(message)
        heard.set()

    screen.progress.say = say  # type: ignore[method-assign]
    with screen.progress.phase("main: looking ahead", 421, announced=False):
        screen.progress.on_event(step("resourcePreEvent", "create", "slow"))
        assert heard.wait(10 * progress.LONGEST_SILENCE_S)
    assert "main: looking ahead: " in screen.text
    assert "creating slow" in screen.text


def test_a_part_that_is_quickly_over_is_not_announced_if_it_need_not_be() -> None:
    screen = Screen(terminal=False)
    with screen.progress.phase("starting the emulator", announced=False):
        pass
    assert screen.text == ""
