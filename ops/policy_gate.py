"""The rules of policy/ over a run's events, and the pack of the same rules for the engine."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from pulumi.automation import EngineEvent

from config.errors import ConfigurationError
from engine.errors import RefusedError
from policy import preview, waivers
from policy.waivers import Verdict, Waiver
from sandbox.paths import PROJECT_ROOT

PACK = PROJECT_ROOT / "policy"


@dataclass(frozen=True)
class Policing:
    waivers: tuple[Waiver, ...]
    today: datetime.date
    with_pack: bool
    """Whether the engine is to evaluate the pack as well: slower, as in a real run."""

    @property
    def packs(self) -> list[str]:
        return [str(PACK)] if self.with_pack else []

    def verdict(self, events: Sequence[EngineEvent]) -> Verdict:
        found = preview.outlook(preview.of_events(events)).violations()
        return waivers.judge(found, self.waivers, self.today)


def of_today(*, with_pack: bool = False) -> Policing:
    """By the waivers as they lie on disk; a broken file is refused before anything starts."""
    try:
        return Policing(waivers.load(), datetime.datetime.now(datetime.UTC).date(), with_pack)
    except ConfigurationError as error:
        raise RefusedError(str(error)) from None
