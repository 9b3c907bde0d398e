"""The account, region and name prefix that every component of a stack needs."""

from __future__ import annotations

from dataclasses import dataclass

from config.settings.stack import StackSettings


@dataclass(frozen=True)
class StackScope:
    prefix: str
    """The start of all physical names: nexusflow-ENVIRONMENT."""
    account_id: str
    region: str

    @staticmethod
    def of(settings: StackSettings) -> StackScope:
        """The scope of the stack that the settings describe."""
        return StackScope(settings.prefix, settings.aws.account_id, settings.aws.region)
