"""`make bench`: how long the loop takes on this machine, and two ratios that the program promises:
a preview to its floor, and an unchanged `up` without its checks to one refreshing preview.

Only a ratio makes it exit with 1: seconds depend on the machine, ratios on the program.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from engine.projects import IN_ORDER
from policy import waivers
from tests.e2e.checkout import Checkout, Finished

ROUNDS, DRIFTS = 5, 20
HIGHEST_RATIO = 2.0
HIGHEST_UP_RATIO = 1.2
BUILT, PREVIEWED = "up, nothing provisioned", "preview, unchanged"
UNCHANGED, REFRESHING = "up, unchanged, without its checks", "preview --refresh, unchanged"
CHECKS = "the checks of an up"
LIMITS_S = {BUILT: 120, PREVIEWED: 10}
PROJECTS = {project.label: Path(project.directory) for project in IN_ORDER}
NOTE_MODULES = """
import sys as _sys
from pathlib import Path as _Path
_Path(__file__).with_name("modules.json").write_text(__import__("json").dumps(sorted(
    name for name, module in _sys.modules.items()
    if name.startswith("pulumi_") and type(module) is type(_sys)
)))
"""
"""Appended to a copied program: which parts of the SDKs it came to import. A part that is only
announced is of another type, and asking it for anything would load it."""
WAIVER = """
  - rule: CKV_AWS_158
    resource: group-*
    environments: [production]
    reason: The floor's log groups only count; nothing is ever written into them.
    expires: 9999-12-31
"""


def main() -> int:
    console = Console(highlight=False)
    scratch = Path(tempfile.mkdtemp(prefix="nexusdb-bench-"))
    estate = Checkout.copy_to(scratch / "estate")
    floor = Checkout.copy_to(scratch / "floor")
    try:
        rows, ratios = measure(estate, floor, lambda text: console.print(text, style="dim"))
    finally:
        for each in (estate, floor):
            each.run("sandbox", "down")
        shutil.rmtree(scratch, ignore_errors=True)
    table = Table("what", "measured", "at most", "kept")
    for name, seconds in rows.items():
        table.add_row(name, f"{seconds:.1f} s", *judged(seconds, LIMITS_S.get(name), " s"))
    for name, (ratio, limit) in ratios.items():
        table.add_row(name, f"{ratio:.2f}", *judged(ratio, limit))
    console.print(table)
    return int(any(ratio > limit for ratio, limit in ratios.values()))


def judged(measured: float, limit: float | None, unit: str = "") -> tuple[str, str]:
    """The last two columns; blank where nothing is promised."""
    if limit is None:
        return "", ""
    return f"{limit:g}{unit}", "yes" if measured <= limit else "no"


def measure(
    estate: Checkout, floor: Checkout, say: Callable[[str], None]
) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    """Seconds by what was done; the ratios of medians, each with its limit."""
    rows: dict[str, float] = {}
    say("production, from nothing …")
    rows[BUILT] = timed(estate, "sandbox", "up", "--json")[0]
    rows |= unchanged(estate, say)
    say(f"production, {DRIFTS} times compared …")
    drifts = [timed(estate, "drift", "--sandbox", "--json")[0] for _ in range(DRIFTS)]
    rows[f"drift, median of {DRIFTS}, all clean"] = statistics.median(drifts)
    say("the floor …")
    become_floor(floor, previewed(estate), estate)
    floor.sandbox("up")  # its checks find no database: what is recorded counts, and seen below
    previews: dict[str, list[float]] = {PREVIEWED: [], "preview, floor": []}
    for number in range(ROUNDS):
        say(f"previews, round {number + 1} of {ROUNDS} …")
        for name, checkout in ((PREVIEWED, estate), ("preview, floor", floor)):
            seconds, finished = timed(checkout, "sandbox", "preview", "--json")
            changes = finished.document["changes"]
            if set(changes) - {"same", "read"}:
                raise SystemExit(f"{name}: not unchanged: {changes}")
            previews[name].append(seconds)
    medians = {name: statistics.median(seconds) for name, seconds in previews.items()}
    ratios = {
        "preview by its floor": (medians[PREVIEWED] / medians["preview, floor"], HIGHEST_RATIO),
        "unchanged up by a refreshing preview": (
            rows[UNCHANGED] / rows[REFRESHING],
            HIGHEST_UP_RATIO,
        ),
    }
    return rows | medians, ratios


def unchanged(estate: Checkout, say: Callable[[str], None]) -> dict[str, float]:
    """Medians of an unchanged `up`, its checks apart, and of a refreshing preview, in turns. Both
    are the run's own durations: without the start of Python."""
    seconds: dict[str, list[float]] = {UNCHANGED: [], CHECKS: [], REFRESHING: []}
    for number in range(ROUNDS):
        say(f"production, unchanged, round {number + 1} of {ROUNDS} …")
        up = timed(estate, "sandbox", "up", "--json")[1].document
        preview = timed(estate, "sandbox", "preview", "--refresh", "--json")[1].document
        for document in (up, preview):
            if set(document["changes"]) - {"same", "read"}:
                raise SystemExit(f"not unchanged: {document['changes']}")
        seconds[UNCHANGED].append(up["duration_s"] - up["checks_duration_s"])
        seconds[CHECKS].append(up["checks_duration_s"])
        seconds[REFRESHING].append(preview["duration_s"])
    return {name: statistics.median(each) for name, each in seconds.items()}


def timed(checkout: Checkout, *arguments: str) -> tuple[float, Finished]:
    started = time.monotonic()
    finished = checkout.run(*arguments)
    if finished.code:
        raise SystemExit(f"nexusdb {' '.join(arguments)} failed: {finished.stderr}")
    return time.monotonic() - started, finished


def previewed(estate: Checkout) -> list[dict[str, Any]]:
    """The estate's resources, after a preview that leaves `modules.json` beside each program."""
    programs = {estate.root / directory / "__main__.py" for directory in PROJECTS.values()}
    texts = {program: program.read_text() for program in programs}
    try:
        for program, text in texts.items():
            program.write_text(text + NOTE_MODULES)
        _, finished = timed(estate, "sandbox", "preview", "--json")
    finally:
        for program, text in texts.items():
            program.write_text(text)
    resources: list[dict[str, Any]] = finished.document["resources"]
    return resources


def become_floor(floor: Checkout, resources: list[dict[str, Any]], estate: Checkout) -> None:
    """Puts the floor's program into the place of both projects' own, and accepts its violation."""
    accepted = floor.root / waivers.SHOWN
    accepted.write_text(accepted.read_text() + WAIVER)
    count = Counter(resource["project"] for resource in resources)
    for project, directory in PROJECTS.items():
        types = [each["type"] for each in resources if each["project"] == project]
        # the stack counts, and what the floor makes to start the other plugins
        own = 2 + 2 * (project == "main")
        (floor.root / directory / "__main__.py").write_text(
            (Path(__file__).parent / "floor.py").read_text()
        )
        (floor.root / directory / "floor.json").write_text(
            json.dumps(
                {
                    "modules": json.loads((estate.root / directory / "modules.json").read_text()),
                    "packages": sorted({type_.partition(":")[0] for type_ in types}),
                    "resources": count[project] - own,
                }
            )
        )


if __name__ == "__main__":
    sys.exit(main())
