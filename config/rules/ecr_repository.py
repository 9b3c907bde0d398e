"""The rules of the image repository."""

from __future__ import annotations

from config.rules.rule import ConfigRule
from config.settings.stack import FoundationSettings

REFUSED: tuple[ConfigRule[FoundationSettings], ...] = (
    ConfigRule(
        "nexusflow-foundation:images.deletion_protection.reason",
        lambda s: (
            not s.images.deletion_protection.enabled
            and not s.images.deletion_protection.reason.strip()
        ),
        "the protection is off without a reason",
        "say in one sentence why, or write enabled: true",
    ),
)
