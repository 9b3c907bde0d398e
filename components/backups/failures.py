"""Notification of failed backup jobs: an EventBridge rule that publishes to an SNS topic.

Vault notifications cannot do this: AWS Backup no longer sends them for failed backup jobs.
"""

from __future__ import annotations

import json

import pulumi
from pulumi_aws import cloudwatch

FAILED_STATES = ("ABORTED", "EXPIRED", "FAILED", "PARTIAL")


def notify_of_failures(
    name: str,
    *,
    prefix: str,
    vault_arn: pulumi.Output[str],
    topic_arn: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> None:
    """Publishes a message for each backup job into the vault that ends without a backup."""
    rule = cloudwatch.EventRule(
        f"{name}-failed",
        name=f"{prefix}-backup-failed",
        description="Backups that did not complete",
        event_pattern=vault_arn.apply(failed_jobs_pattern),
        state="ENABLED",
        opts=opts,
    )
    cloudwatch.EventTarget(
        f"{name}-failed",
        rule=rule.name,
        target_id="topic",
        arn=topic_arn,
        input_transformer=cloudwatch.EventTargetInputTransformerArgs(
            input_paths={
                "job": "$.detail.backupJobId",
                "resource": "$.detail.resourceArn",
                "state": "$.detail.state",
                "why": "$.detail.statusMessage",
            },
            input_template='"The backup of <resource> is <state> (job <job>): <why>"',
        ),
        opts=opts,
    )


def failed_jobs_pattern(vault_arn: str) -> str:
    """The event pattern, as JSON, of failed backup jobs into the vault."""
    return json.dumps(
        {
            "source": ["aws.backup"],
            "detail-type": ["Backup Job State Change"],
            "detail": {"state": list(FAILED_STATES), "backupVaultArn": [vault_arn]},
        }
    )
