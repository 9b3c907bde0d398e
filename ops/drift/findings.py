"""The vocabulary of a drift report: changes that a comparison finds, and the reported findings."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from policy.model import Severity

EXISTS = "exists"
"""The path of a finding about the resource as a whole."""
PRESENT, ABSENT = "present", "absent"


class Layer(StrEnum):
    CLOUD = "cloud"
    DATABASE = "database"


class Class(StrEnum):
    DRIFT = "drift"
    """Changed outside the code."""
    UNAPPLIED = "unapplied code"
    """Changed in the code and not applied yet."""
    BOTH = "both"
    """Changed outside the code, and differently in the code since it was last applied."""
    UNMANAGED = "unmanaged"
    """Created outside the code."""


@dataclass(frozen=True)
class Finding:
    """One property of one resource that is not as the code wants it."""

    layer: Layer
    resource: str
    """A URN in the cloud; `schema.table`, `role:NAME`, … in the database."""
    path: str
    expected: Any
    actual: Any
    class_: Class
    severity: Severity
    fix: str

    def document(self) -> dict[str, Any]:
        """The finding as `nexusdb drift --json` prints it."""
        return {key.rstrip("_"): value for key, value in asdict(self).items()}


@dataclass(frozen=True)
class Change:
    """One property of one cloud resource that a single comparison found different."""

    urn: str
    type: str
    path: str
    expected: Any
    actual: Any
