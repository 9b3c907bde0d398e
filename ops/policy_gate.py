"""The gate that a run passes: policy/'s rules over its events, and their pack for the engine."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from pulumi.automation import EngineEvent

from config.errors import ConfigurationError
from engine.errors import RefusedError
from engine.paths import PROJECT_ROOT
from policy import preview, waivers
from policy.waivers import Verdict, Waiver

PACK = PROJECT_ROOT / "policy"


@dataclass(frozen=True)
class RulesGate:
    """Implements engine.policy_gate.PolicyGate."""

    waivers: tuple[Waiver, ...]
    today: datetime.date

    def verdict(self, events: Sequence[EngineEvent]) -> Verdict:
        found = preview.outlook(preview.of_events(events)).violations()
        return waivers.judge(found, self.waivers, self.today)


def of_today() -> RulesGate:
    """The gate with the waivers on disk; an invalid waivers file is refused before the run."""
    try:
        return RulesGate(waivers.load(), datetime.datetime.now(datetime.UTC).date())
    except ConfigurationError as error:
        raise RefusedError(str(error)) from None
