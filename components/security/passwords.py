"""Generated passwords that need no quoting in RDS, PostgreSQL, Redis or URLs."""

from __future__ import annotations

import pulumi
from pulumi_random import RandomPassword

LENGTH = 40
PUNCTUATION = "-_.~"
"""The default special characters. RDS refuses / @ " and space."""
ELASTICACHE_PUNCTUATION = "-"
"""ElastiCache accepts few special characters, and only this one of `PUNCTUATION`."""


def password(
    name: str, credential_version: int, parent: pulumi.Resource, punctuation: str = PUNCTUATION
) -> RandomPassword:
    """A random password, in its secret output `result`. Raising the credential version replaces
    it."""
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
