"""Secret versions: their values never change, their stages move between versions."""

from __future__ import annotations

from sandbox.providers.aws.operations import Scope
from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.wire import Properties

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"


class SecretVersion(AwsResourceType):
    def change(self, scope: Scope, state: Properties, changed: frozenset[str]) -> None:
        """Moves the stages from the versions that have them to this one."""
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
        for stage in sorted(present - wanted - {CURRENT, PREVIOUS}):
            client.update_secret_version_stage(
                SecretId=secret, VersionStage=stage, RemoveFromVersionId=version
            )
