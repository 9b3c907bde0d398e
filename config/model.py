"""The base class of everything that is read from YAML: strict, frozen, without unknown keys."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Refuses unknown keys, converts no types, and cannot be changed after loading."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)
