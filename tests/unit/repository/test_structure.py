"""Files stay short and folders small enough to be taken in at a glance."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import pytest

from tests.unit.repository import tree

MOST_LINES = 299
MOST_MODULES = 15
"""In a folder, `__init__.py` left out."""
MOST_LINES_OF_A_COMPONENT = 249
MOST_LINES_OF_THE_MEDIAN_COMPONENT = 99
MODULES = tree.modules()


def too_long(modules: list[Path], most: int, root: Path = tree.ROOT) -> list[str]:
    return [
        f"{module.relative_to(root)}: {lines} lines"
        for module in modules
        if (lines := tree.lines(module)) > most
    ]


def too_full(modules: list[Path], root: Path = tree.ROOT) -> list[str]:
    return [
        f"{folder}: {len(inside)} modules"
        for folder, inside in tree.folders(modules, root).items()
        if len(inside) > MOST_MODULES
    ]


def test_no_file_is_longer_than_three_hundred_lines() -> None:
    found = too_long(MODULES, MOST_LINES)
    assert not found, "\n" + "\n".join(found)


def test_no_folder_holds_more_than_fifteen_modules() -> None:
    found = too_full(MODULES)
    assert not found, "\n" + "\n".join(found)


def test_no_component_is_longer_than_two_hundred_and_fifty_lines() -> None:
    components = tree.modules(tree.ROOT / "components")
    found = too_long(components, MOST_LINES_OF_A_COMPONENT)
    assert not found, "\n" + "\n".join(found)


def test_the_median_component_is_shorter_than_a_hundred_lines() -> None:
    components = tree.modules(tree.ROOT / "components")
    assert median(map(tree.lines, components)) <= MOST_LINES_OF_THE_MEDIAN_COMPONENT


@pytest.mark.parametrize("room", ["config/settings", "config/rules", "components"])
def test_every_store_is_found_under_its_own_name_in_each_room(room: str) -> None:
    names = {path.stem for path in (tree.ROOT / room).iterdir() if path.stem[0] not in "._"}
    assert names >= {"network", "postgres", "pgbouncer", "redis", "clickhouse", "backups"}


def test_a_long_file_and_a_full_folder_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "full"
    folder.mkdir()
    for number in range(MOST_MODULES + 1):
        (folder / f"module{number}.py").write_text("\n")
    (folder / "__init__.py").write_text("\n" * 400)
    (folder / "module0.py").write_text("\n" * (MOST_LINES + 1))
    modules = tree.modules(tmp_path)
    assert too_full(modules, tmp_path) == ["full: 16 modules"]
    assert too_long(modules, MOST_LINES, tmp_path) == ["full/module0.py: 300 lines"]


def test_hidden_folders_are_not_walked(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "module.py").touch()
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "module.py").touch()
    assert tree.files(".py", root=tmp_path) == [tmp_path / "room" / "module.py"]
