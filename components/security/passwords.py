"""Generated passwords: what RDS, PostgreSQL and URLs all take unquoted."""

from __future__ import annotations

import pulumi
from pulumi_random import RandomPassword

LENGTH = 40
PUNCTUATION = "-_.~"
"""RDS refuses / @ " and space; these need no quoting anywhere."""
OF_ELASTICACHE = "-"
"""ElastiCache takes few special characters; this one needs no quoting anywhere."""


def password(
    name: str, credential_version: int, parent: pulumi.Resource, punctuation: str = PUNCTUATION
) -> RandomPassword:
    """Its `result` is secret; raising the credential version replaces it."""
    return RandomPassword(
        name,
        length=LENGTH,
        min_lower=1,
        min_upper=1,
        min_numeric=1,
        min_special=1,
        override_special=punctuation,
        keepers={"credential_version": str(credential_version)},
        opts=pulumi.ResourceOptions(parent=parent),
    )
