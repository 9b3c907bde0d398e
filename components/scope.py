"""Where a stack's resources live, and what their physical names begin with."""

from __future__ import annotations

from dataclasses import dataclass

from config.settings.stack import StackSettings


@dataclass(frozen=True)
class StackScope:
    prefix: str
    account_id: str
    region: str

    @staticmethod
    def of(settings: StackSettings) -> StackScope:
        return StackScope(settings.prefix, settings.aws.account_id, settings.aws.region)
