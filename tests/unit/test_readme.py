"""The README says of the resource types what the plugin's tables say."""

from __future__ import annotations

from sandbox.paths import PROJECT_ROOT
from sandbox.providers.aws.__main__ import RESOURCE_TYPES
from sandbox.resource_types import markdown


def test_the_table_of_resource_types_is_the_plugins_own() -> None:
    readme = (PROJECT_ROOT / "README.md").read_text("utf-8")
    assert markdown(RESOURCE_TYPES) in readme, "nexusdb sandbox types"
