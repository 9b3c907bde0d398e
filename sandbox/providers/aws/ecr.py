"""Image repositories and their lifecycle policies."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.resource import (
    PROVIDER,
    REGISTRY,
    TAGS,
    AwsResourceType,
    tag_changes,
    tag_list,
    tag_map,
)
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, Property
from sandbox.providers.wire import Properties

SCANNING = {"scanOnPush": False}


class Repository(AwsResourceType):
    token = "aws:ecr/repository:Repository"
    cfn = "AWS::ECR::Repository"
    service = "ecr"
    absent = frozenset({"RepositoryNotFoundException"})
    named_by, autonames = "name", True
    properties = {
        # Two sources: createOnly here, ForceNew in internal/service/ecr/repository.go
        "name": Property("RepositoryName", bound=True, replaces=f"{REGISTRY}, and {PROVIDER}"),
        "imageTagMutability": Property("ImageTagMutability", default="MUTABLE", bound=True),
        # its keys are the API's own, which the registry writes with capitals
        "imageScanningConfiguration": Property(default=SCANNING, bound=True),
        "encryptionConfigurations": Property(bound=True, computed=True, replaces=PROVIDER),
        "forceDelete": Property(default=False),
        "tags": TAGS,
        "arn": Property(output=True),
        "registryId": Property(output=True),
        "repositoryUrl": Property(output=True),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        encryption = [
            {"encryptionConfiguration": _encryption(each)}
            for each in inputs.get("encryptionConfigurations") or []
        ]
        aws.client("ecr").create_repository(
            repositoryName=inputs["name"],
            imageTagMutability=inputs["imageTagMutability"],
            imageScanningConfiguration=inputs["imageScanningConfiguration"],
            tags=tag_list(inputs["tags"]),
            **(encryption[0] if encryption else {}),
        )
        return Created(inputs["name"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        ecr = aws.client("ecr")
        (found,) = ecr.describe_repositories(repositoryNames=[resource_id])["repositories"]
        arn = found["repositoryArn"]
        return {
            "name": found["repositoryName"],
            "imageTagMutability": found["imageTagMutability"],
            "imageScanningConfiguration": found["imageScanningConfiguration"],
            "encryptionConfigurations": [found["encryptionConfiguration"]],
            "tags": tag_map(ecr.list_tags_for_resource(resourceArn=arn)["tags"]),
            "arn": arn,
            "registryId": found["registryId"],
            "repositoryUrl": found["repositoryUri"],
        }

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        ecr = aws.client("ecr")
        with self.existing():
            if "imageTagMutability" in changed:
                ecr.put_image_tag_mutability(
                    repositoryName=resource_id, imageTagMutability=inputs["imageTagMutability"]
                )
            if "imageScanningConfiguration" in changed:
                ecr.put_image_scanning_configuration(
                    repositoryName=resource_id,
                    imageScanningConfiguration=inputs["imageScanningConfiguration"],
                )
            wanted, unwanted = tag_changes(state, inputs)
            if unwanted:
                ecr.untag_resource(resourceArn=state["arn"], tagKeys=unwanted)
            if wanted:
                ecr.tag_resource(resourceArn=state["arn"], tags=tag_list(wanted))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            aws.client("ecr").delete_repository(
                repositoryName=resource_id, force=bool(state.get("forceDelete"))
            )


def _encryption(stated: Properties) -> dict[str, Any]:
    return {key: value for key, value in stated.items() if value}


class LifecyclePolicy(AwsResourceType):
    token = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
    documents = frozenset({"policy"})
    service = "ecr"
    absent = frozenset({"RepositoryNotFoundException", "LifecyclePolicyNotFoundException"})
    named_by = "repository"
    properties = {
        "repository": Property(required=True, bound=True, replaces=PROVIDER),
        # the provider has no update of it at all (internal/service/ecr/lifecycle_policy.go)
        "policy": Property(required=True, bound=True, replaces=PROVIDER),
        "registryId": Property(output=True),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        aws.client("ecr").put_lifecycle_policy(
            repositoryName=inputs["repository"], lifecyclePolicyText=inputs["policy"]
        )
        return Created(inputs["repository"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        found = aws.client("ecr").get_lifecycle_policy(repositoryName=resource_id)
        return {
            "repository": found["repositoryName"],
            "policy": found["lifecyclePolicyText"],
            "registryId": found["registryId"],
        }

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            aws.client("ecr").delete_lifecycle_policy(repositoryName=resource_id)


RESOURCE_TYPES = (Repository(), LifecyclePolicy())
