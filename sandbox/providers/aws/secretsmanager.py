"""Secrets, their versions, and who may read them."""

from __future__ import annotations

from sandbox.providers.aws.resource import (
    ARN,
    PROVIDER,
    REGISTRY,
    TAGS,
    AwsResourceType,
    tag_changes,
    tag_list,
    tag_map,
)
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, NotFound, Property
from sandbox.providers.wire import Properties

_ABSENT = frozenset({"ResourceNotFoundException"})
CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"


class Secret(AwsResourceType):
    token = "aws:secretsmanager/secret:Secret"
    cfn = "AWS::SecretsManager::Secret"
    service = "secretsmanager"
    absent = _ABSENT
    named_by, autonames = "name", True
    properties = {
        "name": Property("Name", bound=True, replaces=REGISTRY),
        "description": Property("Description", bound=True),
        "kmsKeyId": Property("KmsKeyId", bound=True),
        "recoveryWindowInDays": Property(default=30),
        "forceOverwriteReplicaSecret": Property(default=False),
        "tags": TAGS,
        "arn": ARN,
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        tags = tag_list(inputs["tags"])
        answer = aws.client(self.service).create_secret(**self.arguments(inputs), Tags=tags)
        return Created(answer["ARN"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        described = aws.client(self.service).describe_secret(SecretId=resource_id)
        if described.get("DeletedDate"):
            return None
        return {
            "description": "",
            **self.bound_values(described),
            "arn": described["ARN"],
            "tags": tag_map(described.get("Tags")),
        }

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        client = aws.client(self.service)
        with self.existing():
            content = changed & {"description", "kmsKeyId"}
            if content:
                arguments = {"Description": "", **self.arguments(inputs, content)}
                if "description" not in changed:
                    del arguments["Description"]
                client.update_secret(SecretId=resource_id, **arguments)
            wanted, unwanted = tag_changes(state, inputs)
            if unwanted:
                client.untag_resource(SecretId=resource_id, TagKeys=unwanted)
            if wanted:
                client.tag_resource(SecretId=resource_id, Tags=tag_list(wanted))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        if self.read(aws, resource_id, state) is None:
            raise NotFound(resource_id)
        days = state.get("recoveryWindowInDays", 30)
        how = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
        with self.existing():
            aws.client(self.service).delete_secret(SecretId=resource_id, **how)


class SecretVersion(AwsResourceType):
    """A version's value never changes: a new value is a new version."""

    token = "aws:secretsmanager/secretVersion:SecretVersion"
    service = "secretsmanager"
    absent = _ABSENT
    properties = {
        "secretId": Property(required=True, bound=True, replaces=PROVIDER),
        "secretString": Property(bound=True, replaces=PROVIDER, secret=True),
        "versionStages": Property(bound=True, computed=True, unordered=True),
        "arn": ARN,
        "versionId": Property(output=True),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        stages = {"VersionStages": inputs["versionStages"]} if "versionStages" in inputs else {}
        answer = aws.client(self.service).put_secret_value(
            SecretId=inputs["secretId"], SecretString=inputs["secretString"], **stages
        )
        return Created(f"{answer['ARN']}|{answer['VersionId']}")

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        secret, _, version = resource_id.partition("|")
        client = aws.client(self.service)
        described = client.describe_secret(SecretId=secret)
        stages = described.get("VersionIdsToStages", {}).get(version)
        if described.get("DeletedDate") or stages is None:
            return None
        value = client.get_secret_value(SecretId=secret, VersionId=version)
        return {
            "secretId": secret,
            "secretString": value.get("SecretString"),
            "versionStages": sorted(stages),
            "arn": secret,
            "versionId": version,
        }

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        """Moves the stages: the version that holds one gives it up to this one."""
        secret, _, version = resource_id.partition("|")
        client = aws.client(self.service)
        with self.existing():
            holders = client.describe_secret(SecretId=secret)["VersionIdsToStages"]
            wanted, present = set(inputs["versionStages"]), set(holders.get(version, []))
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

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Takes the stages off: a version without any is deprecated, and AWS removes it later.

        AWSCURRENT can't be taken off; such a version ends with its secret.
        """
        secret, _, version = resource_id.partition("|")
        client = aws.client(self.service)
        with self.existing():
            described = client.describe_secret(SecretId=secret)
            for stage in described.get("VersionIdsToStages", {}).get(version, []):
                if stage != CURRENT:
                    client.update_secret_version_stage(
                        SecretId=secret, VersionStage=stage, RemoveFromVersionId=version
                    )


class SecretPolicy(AwsResourceType):
    """Who may use a secret beyond what IAM says; under the secret's ARN, which has one at most."""

    token = "aws:secretsmanager/secretPolicy:SecretPolicy"
    documents = frozenset({"policy"})
    cfn = "AWS::SecretsManager::ResourcePolicy"
    service = "secretsmanager"
    absent = _ABSENT
    properties = {
        "secretArn": Property("SecretId", required=True, bound=True, replaces=REGISTRY),
        "policy": Property(required=True, bound=True),
        # the API takes it with each call and never tells it
        "blockPublicPolicy": Property("BlockPublicPolicy"),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        return Created(self._put(aws, inputs))

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        found = aws.client("secretsmanager").get_resource_policy(SecretId=resource_id)
        if not found.get("ResourcePolicy"):
            return None
        return {"secretArn": found["ARN"], "policy": found["ResourcePolicy"]}

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        with self.existing():
            self._put(aws, inputs)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            aws.client("secretsmanager").delete_resource_policy(SecretId=resource_id)

    def _put(self, aws: Aws, inputs: Properties) -> str:
        block = {"BlockPublicPolicy": True} if inputs.get("blockPublicPolicy") else {}
        answer = aws.client("secretsmanager").put_resource_policy(
            SecretId=inputs["secretArn"], ResourcePolicy=inputs["policy"], **block
        )
        return str(answer["ARN"])


RESOURCE_TYPES = (Secret(), SecretVersion(), SecretPolicy())
