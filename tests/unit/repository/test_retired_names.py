"""Names that the project gave up for the standard terms do not come back.

retired_names.yaml lists them. Names are looked for where they are defined, in the syntax trees of
the Python files and in the keys of the YAML files; prose and calls of other libraries are free.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from tests.unit.repository import tree

Kind = Literal["class", "function", "parameter", "attribute", "variable", "module", "key"]
EVERY_KIND: tuple[Kind, ...] = get_args(Kind)
LIST = Path(__file__).with_name("retired_names.yaml")


class RetiredName(BaseModel):
    """A row of retired_names.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    use: str
    kinds: tuple[Kind, ...] = EVERY_KIND
    within: tuple[str, ...] = ("*",)

    def covers(self, defined: Defined) -> bool:
        """Whether it is retired where a definition of this name stands."""
        return defined.kind in self.kinds and any(
            fnmatchcase(defined.file, pattern) for pattern in self.within
        )


class Defined(NamedTuple):
    """A name, and where it is defined: a path relative to the root, with `/`."""

    file: str
    line: int
    kind: Kind
    name: str


RETIRED = TypeAdapter(tuple[RetiredName, ...]).validate_python(
    yaml.load(LIST.read_text("utf-8"), yaml.CSafeLoader)
)
BY_NAME: dict[str, list[RetiredName]] = defaultdict(list)
for row in RETIRED:
    BY_NAME[row.name].append(row)


def names_in_python(file: str, source: str) -> Iterator[Defined]:
    """The names that a module defines, its own and those of its folders included."""
    for part in Path(file).with_suffix("").parts:
        yield Defined(file, 1, "module", part)
    module = ast.parse(source)
    fields = {id(entry) for node in ast.walk(module) for entry in _class_variables(node)}
    for node in ast.walk(module):
        match node:
            case ast.ClassDef(name=name, lineno=line):
                yield Defined(file, line, "class", name)
            case (
                ast.FunctionDef(name=name, lineno=line)
                | ast.AsyncFunctionDef(name=name, lineno=line)
            ):
                yield Defined(file, line, "function", name)
            case ast.arg(arg=name, lineno=line):
                yield Defined(file, line, "parameter", name)
            case ast.Attribute(attr=name, ctx=ast.Store(), lineno=line):
                yield Defined(file, line, "attribute", name)
            case ast.Name(id=name, ctx=ast.Store(), lineno=line):
                yield Defined(file, line, "attribute" if id(node) in fields else "variable", name)
            case ast.alias(asname=str(name), lineno=line):
                yield Defined(file, line, "variable", name)


def _class_variables(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.ClassDef):
        for statement in node.body:
            if isinstance(statement, ast.AnnAssign):
                yield statement.target
            elif isinstance(statement, ast.Assign):
                yield from statement.targets


def keys_in_yaml(file: str, text: str) -> Iterator[Defined]:
    """The keys of a YAML file, those of stack files without the project's name before the colon."""
    nodes = [node for node in yaml.compose_all(text, Loader=yaml.CSafeLoader) if node]
    while nodes:
        node = nodes.pop()
        if isinstance(node, yaml.SequenceNode):
            nodes += node.value
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                nodes.append(value)
                yield Defined(file, key.start_mark.line + 1, "key", key.value.rpartition(":")[2])


def retired(defined: Iterator[Defined]) -> list[str]:
    """One line a finding: where it stands, and what to write instead."""
    return [
        f"{each.file}:{each.line}: {each.kind} {each.name}; write {row.use}"
        for each in defined
        for row in BY_NAME.get(each.name.lstrip("_"), ())
        if row.covers(each)
    ]


def test_no_retired_name_is_defined_in_python() -> None:
    found = [
        line
        for file in tree.files(".py")
        for line in retired(
            names_in_python(file.relative_to(tree.ROOT).as_posix(), file.read_text("utf-8"))
        )
    ]
    assert not found, "\n" + "\n".join(found)


def test_no_retired_name_is_a_key_of_yaml() -> None:
    found = [
        line
        for file in tree.files(".yaml", ".yml")
        if file != LIST
        for line in retired(
            keys_in_yaml(file.relative_to(tree.ROOT).as_posix(), file.read_text("utf-8"))
        )
    ]
    assert not found, "\n" + "\n".join(found)


def test_a_planted_name_is_found_wherever_python_can_define_it() -> None:
    source = "\n".join(
        (
            "import os as own_rules",
            "class Way:",
            "    assumed_by: str",
            "    def access_task(self, told_once, *without_twins, carries=None):",
            "        self._take_up = on_paper = 1",
            "        with open('f') as settle:",
            "            return [behind for behind in settle]",
        )
    )
    names = {(each.kind, each.name) for each in names_in_python("components/way.py", source)}
    assert names >= {
        ("module", "components"),
        ("module", "way"),
        ("class", "Way"),
        ("attribute", "assumed_by"),
        ("function", "access_task"),
        ("parameter", "told_once"),
        ("parameter", "without_twins"),
        ("parameter", "carries"),
        ("attribute", "_take_up"),
        ("variable", "on_paper"),
        ("variable", "own_rules"),
        ("variable", "settle"),
        ("variable", "behind"),
    }
    assert retired(iter([Defined("components/network/way.py", 2, "class", "Way")])) == [
        "components/network/way.py:2: class Way; write StoreEndpoint"
    ]


def test_a_leading_underscore_hides_no_retired_name() -> None:
    assert retired(iter([Defined("engine/run.py", 1, "function", "_take_up")])) != []


def test_a_planted_name_is_found_at_any_depth_of_yaml() -> None:
    text = "config:\n  nexusflow:zone: {name: x}\n  list:\n    - access_task: {hours: 8}\n"
    assert sorted(retired(keys_in_yaml("Pulumi.production.yaml", text))) == [
        "Pulumi.production.yaml:2: key zone; write private_dns_zone",
        "Pulumi.production.yaml:4: key access_task; write bastion",
    ]


def test_a_name_counts_only_within_its_scope() -> None:
    elsewhere = Defined("sandbox/emulator/rds/checks.py", 3, "variable", "behind")
    assert retired(iter([elsewhere])) == []
    assert retired(iter([elsewhere._replace(file="components/monitoring/alarms.py")])) != []


def test_no_name_is_retired_twice_for_the_same_place() -> None:
    rows = [(row.name, kind, glob) for row in RETIRED for kind in row.kinds for glob in row.within]
    assert len(rows) == len(set(rows))
