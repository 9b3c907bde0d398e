"""Waivers: exceptions from a rule for a resource and environments, with reason and expiry date."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from config import yaml_files
from config.errors import ConfigurationError, Fault, from_validation, nearest
from config.model import Model
from policy import changes
from policy.model import Severity, Violation
from policy.rules import BY_ID

FILE = Path(__file__).with_name("waivers.yaml")
SHOWN = f"{FILE.parent.name}/{FILE.name}"
PATTERN = "*?["
EXPIRED = "WAIVER.1"
"""The id of the violation for an expired waiver, reported together with the waived one."""


class Waiver(Model):
    rule: str = Field(description="the id of a rule from `nexusdb policy list`")
    resource: str = Field(description="a resource's logical name, or a pattern such as redis-*")
    environments: tuple[str, ...] = Field(
        min_length=1, description="a list of environments, such as [staging]", strict=False
    )
    reason: Annotated[
        str,
        Field(
            min_length=20, pattern=r"\S \S", description="one sentence that says why it is accepted"
        ),
    ]
    expires: datetime.date = Field(
        description="the last day on which the waiver applies: YYYY-MM-DD"
    )

    def covers(self, violation: Violation) -> bool:
        return (
            self.rule == violation.rule
            and violation.environment in self.environments
            and fnmatchcase(violation.name, self.resource)
        )

    def expired(self, today: datetime.date) -> bool:
        return today > self.expires


class Waivers(Model):
    waivers: tuple[Waiver, ...] = Field(description="a list of waivers", strict=False)


@dataclass(frozen=True)
class Verdict:
    """The violations to report, and those that a waiver accepts."""

    violations: tuple[Violation, ...] = ()
    waived: tuple[Violation, ...] = ()

    @property
    def mandatory(self) -> tuple[Violation, ...]:
        return tuple(violation for violation in self.violations if violation.mandatory)


def judge(
    violations: Iterable[Violation], waivers: Sequence[Waiver], today: datetime.date
) -> Verdict:
    """Applies the waivers; the most severe violations come first.

    An expired waiver accepts nothing, and is a violation itself.
    """
    reported: list[Violation] = []
    waived: list[Violation] = []
    for violation in violations:
        covering = [waiver for waiver in waivers if waiver.covers(violation)]
        if any(not waiver.expired(today) for waiver in covering):
            waived.append(violation)
            continue
        reported.append(violation)
        reported += [_expired(waiver, violation) for waiver in covering]
    severities = list(Severity)
    reported.sort(key=lambda violation: severities.index(violation.severity))
    return Verdict(tuple(reported), tuple(waived))


def _expired(waiver: Waiver, violation: Violation) -> Violation:
    return Violation(
        rule=EXPIRED,
        severity=violation.severity,
        title=f"the waiver of {waiver.rule} expired on {waiver.expires}",
        remedy=f"fix the violation, or renew the waiver in {SHOWN} with a current reason",
        urn=violation.urn,
        type=violation.type,
    )


def load(file: Path = FILE, shown: str = SHOWN) -> tuple[Waiver, ...]:
    """The waivers of a file. Raises ConfigurationError with one line per fault."""
    content = yaml_files.read(file, shown)
    try:
        waivers = Waivers.model_validate(content).waivers
    except ValidationError as error:
        found = from_validation(shown, Waivers, error)
        named = [replace(fault, key=fault.key.removeprefix(":")) for fault in found]
        raise ConfigurationError(named) from None
    faults = [fault for number, waiver in enumerate(waivers) for fault in _faults(number, waiver)]
    if faults:
        raise ConfigurationError(faults)
    return waivers


def _faults(number: int, waiver: Waiver) -> Iterable[Fault]:
    if waiver.rule not in BY_ID:
        key = f"waivers.{number}.rule"
        yield Fault(SHOWN, key, f"no rule is called {waiver.rule}", nearest(waiver.rule, BY_ID))
    stateful = {rule.id for rule in changes.RULES}
    if waiver.rule in stateful and set(waiver.resource) & set(PATTERN):
        yield Fault(
            SHOWN,
            f"waivers.{number}.resource",
            f"{waiver.resource} is a pattern",
            "name each resource whose data may be lost",
        )
