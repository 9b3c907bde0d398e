"""The rules of the bastion task."""

from __future__ import annotations

from config.rules.rule import ConfigRule
from config.settings.stack import Settings
from config.sizing import retention

REFUSED: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        "nexusflow:bastion.log_retention_days",
        lambda s: retention.unknown_to_logs(s.bastion.log_retention_days),
        "CloudWatch Logs has no retention of {days} days",
        "write {near}",
    ),
)
