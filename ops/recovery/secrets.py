"""Finds who may read what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ops.recovery.request import Finder, Inputs, Place


def secret_policy(place: Place, inputs: Inputs) -> Iterator[str]:
    """A secret has one policy at most, under the secret's ARN."""
    found = place.aws("secretsmanager").get_resource_policy(SecretId=inputs["secretArn"])
    if found.get("ResourcePolicy"):
        yield found["ARN"]


FINDERS: Mapping[str, Finder] = {"aws:secretsmanager/secretPolicy:SecretPolicy": secret_policy}
