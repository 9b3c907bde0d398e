"""docs/resource-types.md says what the tables of the aws provider say."""

from __future__ import annotations

from sandbox.paths import PROJECT_ROOT
from sandbox.providers.aws.__main__ import RESOURCE_TYPES
from sandbox.resource_types import markdown


def test_the_documented_resource_types_are_those_of_the_provider() -> None:
    page = (PROJECT_ROOT / "docs" / "resource-types.md").read_text("utf-8")
    assert markdown(RESOURCE_TYPES) in page, "nexusdb sandbox types"
