"""Versions of secrets: a version's value never changes, its stages move between versions."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.operations import Scope
from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.aws.session import Aws
from sandbox.providers.wire import Properties

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"


class SecretVersion(AwsResourceType):
    def item(self, aws: Aws, resource_id: str, state: Properties) -> Any:
        """The secret with the value of this version; None for a version without stages."""
        secret, _, version = resource_id.partition("|")
        item = super().item(aws, resource_id, state)
        if item is None or version not in item["versionIdsToStages"]:
            return None
        client = aws.client("secretsmanager")
        return {**item, "value": client.get_secret_value(SecretId=secret, VersionId=version)}

    def describe(self, aws: Aws, resource_id: str, item: Any, state: Properties) -> Properties:
        secret, _, version = resource_id.partition("|")
        return {
            "secretId": secret,
            "secretString": item["value"].get("SecretString"),
            "versionStages": sorted(item["versionIdsToStages"][version]),
            "arn": secret,
            "versionId": version,
        }

    def change(self, scope: Scope, state: Properties, changed: frozenset[str]) -> None:
        """Moves the stages: the version that holds one gives it up to this one."""
        secret, _, version = scope.values["id"].partition("|")
        client = scope.aws.client("secretsmanager")
        holders = client.describe_secret(SecretId=secret)["VersionIdsToStages"]
        wanted, present = set(scope.values["versionStages"]), set(holders.get(version, []))
        for stage in sorted(wanted - present):
            held_by = [other for other, stages in holders.items() if stage in stages]
            removal = {"RemoveFromVersionId": held_by[0]} if held_by else {}
            client.update_secret_version_stage(
                SecretId=secret, VersionStage=stage, MoveToVersionId=version, **removal
            )
        # AWSPREVIOUS follows AWSCURRENT by itself
        _remove(client, secret, version, present - wanted - {CURRENT, PREVIOUS})

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Removes the stages: AWS deletes a version without any later.

        AWSCURRENT can't be removed; such a version ends with its secret.
        """
        secret, _, version = resource_id.partition("|")
        client = aws.client("secretsmanager")
        with self.existing():
            stages = client.describe_secret(SecretId=secret).get("VersionIdsToStages", {})
            _remove(client, secret, version, set(stages.get(version, [])) - {CURRENT})


def _remove(client: Any, secret: str, version: str, stages: set[str]) -> None:
    for stage in sorted(stages):
        client.update_secret_version_stage(
            SecretId=secret, VersionStage=stage, RemoveFromVersionId=version
        )
