"""The repository of a task's image, which must hold it before the task is asked for."""

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


class EcrRepository(pulumi.ComponentResource):
    """`url` is what an image is pushed to and pulled from."""

    url: pulumi.Output[str]

    def __init__(
        self, name: str, args: EcrRepositoryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:storage:EcrRepository", name, None, opts)
        protected = args.settings.deletion_protection.enabled
        # A tag always means the same image, and each is scanned as it is pushed. Without its
        # image no task starts anew.
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
            policy=lifecycle(args.settings.kept),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.url = repository.repository_url
        self.register_outputs({"url": self.url})


def lifecycle(kept: int) -> str:
    """The policy that keeps so many images, the newest."""
    rule = {
        "rulePriority": 1,
        "description": f"The {kept} newest images are kept",
        "selection": {
            "tagStatus": "any",
            "countType": "imageCountMoreThan",
            "countNumber": kept,
        },
        "action": {"type": "expire"},
    }
    return json.dumps({"rules": [rule]})
