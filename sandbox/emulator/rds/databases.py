"""The DB instances of an account and region, for services that refuse to delete what is in use."""

from __future__ import annotations

import sys
from typing import Any


def databases(backend: Any) -> list[Any]:
    """The DB instances in the account and region of another service's backend.

    moto imports RDS at its first request; before that there are none, and importing it here
    would cost a second.
    """
    models = sys.modules.get("moto.rds.models")
    if models is None:
        return []
    rds = models.rds_backends[backend.account_id][backend.region_name]
    return list(rds.databases.values())
