"""docs/architecture.md says what is so: the picture, the folders, the tests behind the promises."""

from __future__ import annotations

import ast
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.tiers import UNIT
from tests.unit.repository import architecture, tree
from tests.unit.test_tiers import marks_of

TEXT = architecture.PAGE.read_text("utf-8")
TREE = re.compile(r"(?ms)^```text\n(.*?)^```")
FOLDER = re.compile(r"(?m)^(\S+)/ +\S")
"""A line of the folder tree: a path from the root, and what is inside."""
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
TIERS = {"check", "test", "test-all"}


def explained_folders(page: str) -> set[str]:
    """The folders that the page's tree explains; `<service>` stands for any name."""
    (folders,) = TREE.findall(page)
    return {re.sub(r"<\w+>", "*", path) for path in FOLDER.findall(folders)}


def defined_tests(file: Path) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def promises(page: str) -> list[list[str]]:
    """The rows of the table under the heading Promises, as cells."""
    table = page.partition("\n## Promises\n")[2].partition("\n## ")[0]
    rows = [row.strip("|").split("|") for row in table.splitlines() if row.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_the_picture_is_drawn_from_the_imports() -> None:
    drawn = architecture.flowchart(architecture.imports())
    assert architecture.picture(TEXT) == drawn, "python -m tests.unit.repository.architecture"


def test_every_folder_with_python_is_explained() -> None:
    explained = explained_folders(TEXT)
    found = [
        folder
        for folder in tree.folders(tree.files(".py"))
        if not any(
            fnmatchcase(folder, each) and folder.count("/") == each.count("/") for each in explained
        )
    ]
    assert not found, "\n" + "\n".join(found)


def test_every_explained_folder_exists() -> None:
    gone = [each for each in explained_folders(TEXT) if not list(tree.ROOT.glob(each))]
    assert not gone


def test_every_promise_names_a_test_that_exists() -> None:
    rows = promises(TEXT)
    assert rows
    for promise, proof, tier, _ in rows:
        named = TEST.findall(proof)
        assert named, promise
        for file, name in named:
            assert (tree.ROOT / file).is_file(), (promise, file)
            assert name in defined_tests(tree.ROOT / file), (promise, file, name)
        assert set(tier.split(", ")) <= TIERS, (promise, tier)


@pytest.mark.parametrize("promise", promises(TEXT), ids=lambda row: str(row[0])[:40])
def test_a_promise_names_the_tiers_that_its_tests_run_in(promise: list[str]) -> None:
    _, proof, named, _ = promise
    tiers = set(named.split(", "))
    proofs = TEST.findall(proof)
    marked = {what for file, _ in proofs for what, _ in marks_of(file)}
    exhaustive = {f"{file}::{name}" for file, name in proofs if {file, f"{file}::{name}"} & marked}
    unit = {f"{file}::{name}" for file, name in proofs if file.startswith(UNIT)}
    assert ("check" in tiers) == bool(unit)
    assert ("test" in tiers) == bool(len(proofs) - len(unit | exhaustive))
    assert not exhaustive or "test-all" in tiers


def test_links_between_the_documents_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(tree.ROOT)}: {target}"
        for page in tree.files(".md")
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not broken, "\n" + "\n".join(broken)


def test_an_import_is_an_arrow_and_one_of_a_subfolder_of_ops_is_dotted() -> None:
    found = {("sandbox", "engine"): {"providers"}, ("ops", "sandbox"): {"drift", "sandbox"}}
    chart = architecture.flowchart(found)
    assert "    sandbox --> engine\n" in chart
    assert '    ops -. "drift, sandbox" .-> sandbox\n' in chart
