"""A JSON document in Secrets Manager, and where its readers find it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import secretsmanager
from pulumi_random import RandomId


@dataclass(frozen=True, kw_only=True)
class JsonSecretArgs:
    secret_name: str
    """The name without its random suffix."""
    description: str
    kms_key_arn: pulumi.Input[str]
    recovery_days: int
    """How long a deleted secret can be restored. Its name stays reserved for as long."""
    document: Mapping[str, Any]


@dataclass(frozen=True)
class JsonSecret:
    arn: pulumi.Output[str]
    version_id: pulumi.Output[str]
    """It changes with every value."""


def json_secret(name: str, args: JsonSecretArgs, parent: pulumi.Resource) -> JsonSecret:
    """The secret and its current version."""
    child = pulumi.ResourceOptions(parent=parent)
    # A deleted secret reserves its name until its recovery period ends. With a suffix of its own,
    # what was removed can be added again at any time.
    name_suffix = RandomId(f"{name}-name-suffix", byte_length=4, opts=child)
    secret = secretsmanager.Secret(
        name,
        name=pulumi.Output.format("{0}-{1}", args.secret_name, name_suffix.hex),
        description=args.description,
        kms_key_id=args.kms_key_arn,
        recovery_window_in_days=args.recovery_days,
        opts=child,
    )
    version = secretsmanager.SecretVersion(
        name,
        secret_id=secret.arn,
        secret_string=pulumi.Output.json_dumps(args.document),
        # Explicit, so that a value that was set by hand, which takes over AWSCURRENT, shows up as
        # drift.
        version_stages=["AWSCURRENT"],
        opts=child,
    )
    return JsonSecret(secret.arn, version.version_id)
