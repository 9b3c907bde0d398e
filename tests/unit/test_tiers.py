"""No test is lost between the tiers, and what make test leaves out it shows in small."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import tiers
from tests.mutation.reverted_fixes import FIXES, Fix

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
FILES = sorted(str(file.relative_to(ROOT)) for file in TESTS.rglob("*.py"))
TEST_FILES = [file for file in FILES if Path(file).name.startswith("test_")]
MARK = "pytest.mark.exhaustive"


def functions_of(file: str) -> dict[str, ast.FunctionDef]:
    tree = ast.parse((ROOT / file).read_text())
    return {
        node.name: node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def marks_of(file: str) -> Iterator[tuple[str, ast.expr]]:
    """What is marked, a test or a whole file, and the mark as it is written."""
    for name, test in functions_of(file).items():
        for decorator in test.decorator_list:
            if MARK in ast.unparse(decorator):
                yield f"{file}::{name}", decorator
    for node in ast.parse((ROOT / file).read_text()).body:
        is_marks = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
        if isinstance(node, ast.Assign) and is_marks and MARK in ast.unparse(node.value):
            yield file, node.value


def recipe(target: str) -> str:
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.M)
    assert found, target
    return found[1]


def test_every_file_with_tests_in_it_is_collected_by_its_name() -> None:
    assert {file for file in FILES if functions_of(file)} == set(TEST_FILES)


def test_no_test_is_left_out_of_all_of_them() -> None:
    assert "--ignore" not in recipe("test-all")
    assert " -m " not in recipe("test-all")
    # what make test ignores is what make check runs
    assert re.findall(r"--ignore (\S+)", recipe("test")) == ["tests/unit"]
    assert "$(PYTEST) tests/unit\n" in recipe("unit-tests")


@pytest.mark.parametrize("number_of_shards", [1, 2, 3, 7])
def test_the_shards_together_are_every_unit_of_work_once(number_of_shards: int) -> None:
    seconds = tiers.seconds_by_unit(TEST_FILES, tiers.recorded_seconds())
    shards = [
        tiers.Shard(number + 1, number_of_shards).units(seconds)
        for number in range(number_of_shards)
    ]
    assert sorted(unit for shard in shards for unit in shard) == sorted(seconds)
    assert {tiers.unit_of_work(file) for file in TEST_FILES} == set(seconds)


def test_shards_take_about_equally_long() -> None:
    seconds = {"a": 60.0, "b": 50.0, "c": 40.0, "d": 30.0, "e": 20.0}
    shards = [tiers.Shard(number, 2).units(seconds) for number in (1, 2)]
    assert shards == [{"a", "d", "e"}, {"b", "c"}]


def test_files_that_share_an_environment_are_one_unit_of_work() -> None:
    recorded = {"tests/e2e/staging/test_a.py::test_x": 5.0, "tests/e2e/test_b.py::test_y": 7.0}
    seconds = tiers.seconds_by_unit(
        [*recorded, "tests/e2e/staging/test_c.py::test_z", "tests/unit/test_d.py::test_w"], recorded
    )
    assert tiers.longest_first(seconds) == [
        "tests/e2e/test_b.py",
        "tests/e2e/staging",
        "tests/unit/test_d.py",
    ]
    for folder in tiers.SHARED_ENVIRONMENTS:
        assert list((ROOT / folder).glob("test_*.py")), folder


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/", "/3", "-1/3"])
def test_a_wrong_shard_is_refused_with_a_right_one(text: str) -> None:
    with pytest.raises(ValueError, match="such as 1/3"):
        tiers.Shard.parse(text)


def test_a_large_family_leaves_one_example_which_is_always_the_same() -> None:
    cases = [f"tests/e2e/test_x.py::test_family[{case}]" for case in "abcdefgh"]
    small = [f"tests/e2e/test_x.py::test_small[{case}]" for case in "ab"]
    quick = [f"tests/unit/test_x.py::test_quick[{case}]" for case in "abcdefgh"]
    beyond = tiers.beyond_the_examples([*cases, *small, *quick])
    (left,) = set(cases) - beyond
    assert beyond == set(cases) - {left}
    assert beyond == tiers.beyond_the_examples([*small, *reversed(cases)])


def test_what_is_marked_by_hand_names_an_example_that_make_test_runs() -> None:
    marked = dict(mark for file in TEST_FILES for mark in marks_of(file))
    examples = {
        what: [
            keyword.value.value
            for call in ast.walk(mark)
            if isinstance(call, ast.Call)
            for keyword in call.keywords
            if keyword.arg == "example" and isinstance(keyword.value, ast.Constant)
        ]
        for what, mark in marked.items()
    }
    assert {what for what, found in examples.items() if not found} == set()
    for what, found in examples.items():
        for example in found:
            file, _, name = str(example).partition("::")
            assert name in functions_of(file), (what, example)
            assert not {file, example} & marked.keys(), (what, example)
            assert not file.startswith(tiers.UNIT) or what.startswith(tiers.UNIT), (what, example)


@pytest.mark.parametrize("fix", FIXES, ids=lambda fix: fix.name)
def test_a_fix_that_is_reverted_in_make_test_all_is_written_as_it_is_in_the_tree(fix: Fix) -> None:
    assert (ROOT / fix.file).read_text().count(fix.fixed) == 1
    file, _, name = fix.test.partition("::")
    assert name.partition("[")[0] in functions_of(file)
