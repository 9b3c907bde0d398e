"""The rules and waivers as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from policy.changes import RULES as CHANGES
from policy.model import PolicyRule
from policy.rules import SECTIONS
from policy.waivers import Waiver

INTRODUCTION = """# Policy

What `nexusdb sandbox preview` and `up` hold against both projects, and the policy pack in a real
`pulumi preview --policy-pack policy`. Made by `nexusdb policy list --markdown`.

A broken rule stops the run before anything is changed, unless `policy/waivers.yaml` accepts it for
that resource and environment, with a reason and a last day; rules of severity low are only told.
`STATEFUL` rules look at the change itself, which a policy pack is told nothing of: for a real
preview, `pulumi preview --json | nexusdb policy check -`.
"""
RULE_HEADINGS = ("Rule", "Severity", "What must hold", "Of", "Remedy")
WAIVER_HEADINGS = ("Rule", "Resource", "Environments", "Until", "Why")
ALL = {"Changes": CHANGES, **SECTIONS}


def rule_cells(rule: PolicyRule) -> tuple[str, ...]:
    types = ", ".join(short(type_) for type_ in rule.types)
    return rule.id, rule.severity.value, rule.title, types, rule.remedy


def waiver_cells(waiver: Waiver) -> tuple[str, ...]:
    where = ", ".join(waiver.environments)
    return waiver.rule, waiver.resource, where, waiver.expires.isoformat(), waiver.reason


def short(type_: str) -> str:
    """aws:rds/instance:Instance -> rds.Instance, as programs write it."""
    package, module, name = type_.split(":")
    return f"{package if module.startswith('index/') else module.partition('/')[0]}.{name}"


def markdown(waivers: Sequence[Waiver]) -> str:
    parts = [INTRODUCTION]
    for title, rules in ALL.items():
        parts += [f"## {title}\n", _table(RULE_HEADINGS, map(rule_cells, rules))]
    parts += ["## Waivers\n", _table(WAIVER_HEADINGS, map(waiver_cells, waivers))]
    return "\n".join(parts)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(_cell(text) for text in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")
