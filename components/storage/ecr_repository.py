"""The ECR repository of a container image. The image must be pushed before the main project, whose
tasks run it, is deployed."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
from pulumi_aws import ecr

from components.scope import StackScope
from config.settings.ecr_repository import EcrRepositorySettings


@dataclass(frozen=True, kw_only=True)
class EcrRepositoryArgs:
    scope: StackScope
    settings: EcrRepositorySettings
    image: str
    """The name of the image, which the repository's name ends in."""


class EcrRepository(pulumi.ComponentResource):
    """A repository with immutable tags, scan on push and a lifecycle policy."""

    url: pulumi.Output[str]
    """The URL that the image is pushed to and pulled from, without a tag."""

    def __init__(
        self, name: str, args: EcrRepositoryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:storage:EcrRepository", name, None, opts)
        protected = args.settings.deletion_protection.enabled
        # Protected because no task can start without its image.
        repository = ecr.Repository(
            f"{name}-{args.image}",
            name=f"{args.scope.prefix}/{args.image}",
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration=ecr.RepositoryImageScanningConfigurationArgs(
                scan_on_push=True
            ),
            force_delete=not protected,
            opts=pulumi.ResourceOptions(parent=self, protect=protected),
        )
        ecr.LifecyclePolicy(
            f"{name}-{args.image}",
            repository=repository.name,
            policy=lifecycle(args.settings.max_images),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.url = repository.repository_url
        self.register_outputs({"url": self.url})


def lifecycle(max_images: int) -> str:
    """A lifecycle policy, as JSON, that keeps the newest `max_images` images."""
    rule = {
        "rulePriority": 1,
        "description": f"The {max_images} newest images are kept",
        "selection": {
            "tagStatus": "any",
            "countType": "imageCountMoreThan",
            "countNumber": max_images,
        },
        "action": {"type": "expire"},
    }
    return json.dumps({"rules": [rule]})


def repository_arn(url: str) -> str:
    """The ARN of the ECR repository ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME."""
    registry, _, name = url.partition("/")
    account, _, _, region, *_ = registry.split(".")
    return f"arn:aws:ecr:{region}:{account}:repository/{name}"
