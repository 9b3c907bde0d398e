"""The picture in docs/architecture.md: the rooms of the repository and the imports between them.

`python -m tests.unit.repository.architecture` draws it anew from the code.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.unit.repository import tree

PAGE = tree.ROOT / "docs" / "architecture.md"
BEGIN, END = "```mermaid\n", "```\n"
PROGRAM = "__main__.py"
ROOMS = {
    PROGRAM: "the main program",
    "foundation": "the program applied before it: network, image repository, package mirror",
    "components": "the resources, by domain",
    "database": "what is inside PostgreSQL, free of Pulumi",
    "config": "settings, rules, sizing, defaults",
    "policy": "rules over resource inputs",
    "ops": "the command nexusdb",
    "acceptance": "the checks after up",
    "engine": "the Pulumi CLI and Automation API",
    "sandbox": "emulated AWS, provider plugins, local servers",
}
"""Room -> what is in it, as the picture says."""


def imports(root: Path = tree.ROOT) -> dict[tuple[str, str], set[str]]:
    """(room, room that it imports) -> the subfolders of the first that do; "" is its own level."""
    found: dict[tuple[str, str], set[str]] = {}
    for room in ROOMS:
        for module in [root / room] if room == PROGRAM else tree.files(".py", root=root / room):
            folders = module.relative_to(root).parts[1:-1]
            for other in _imported(ast.parse(module.read_text("utf-8"))):
                if other in ROOMS and other != room:
                    found.setdefault((room, other), set()).add(folders[0] if folders else "")
    return found


def _imported(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def flowchart(found: dict[tuple[str, str], set[str]]) -> str:
    """A Mermaid flowchart; an import that only some subfolders make is dotted and names them."""
    rows = [f'    {_id(room)}["{room}<br/>{what}"]' for room, what in ROOMS.items()]
    order = list(ROOMS)
    for (room, other), folders in sorted(
        found.items(), key=lambda item: [order.index(each) for each in item[0]]
    ):
        arrow = "-->"
        if (room, other) == ("ops", "sandbox") and "" not in folders:
            arrow = f'-. "{", ".join(sorted(folders))}" .->'
        rows.append(f"    {_id(room)} {arrow} {_id(other)}")
    return "\n".join(["flowchart TD", *rows]) + "\n"


def _id(room: str) -> str:
    return "program" if room == PROGRAM else room


def picture(page: str) -> str:
    """The flowchart that a page holds, without its fence."""
    return page.partition(BEGIN)[2].partition(END)[0]


def with_picture(page: str, chart: str) -> str:
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + chart + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(with_picture(PAGE.read_text("utf-8"), flowchart(imports())), "utf-8")
