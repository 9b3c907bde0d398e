"""The recorded state as it is read without the CLI: secrets masked, nothing where nothing is."""

from __future__ import annotations

import json
from pathlib import Path

from engine import checkpoint, wire_format
from sandbox.paths import SandboxPaths

ENCRYPTED = {wire_format.SIGNATURE: wire_format.SECRET, "ciphertext": "v1:abc"}


def recorded(root: Path, *resources: object) -> SandboxPaths:
    paths = SandboxPaths("trial", root)
    file = paths.state / ".pulumi/stacks/probe/trial.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"checkpoint": {"latest": {"resources": resources}}}))
    return paths


def test_an_output_is_read_and_a_secret_one_is_masked_however_deep(tmp_path: Path) -> None:
    outputs = {"port": 5432, "password": ENCRYPTED, "roles": [{"app": ENCRYPTED, "name": "app"}]}
    stack = {"type": "pulumi:pulumi:Stack", "outputs": outputs}
    paths = recorded(tmp_path, {"type": "aws:kms/key:Key"}, stack)
    assert checkpoint.outputs(checkpoint.deployment(paths, "probe")) == {
        "port": 5432,
        "password": wire_format.MASK,
        "roles": [{"app": wire_format.MASK, "name": "app"}],
    }


def test_a_stack_that_was_never_run_has_no_outputs(tmp_path: Path) -> None:
    assert checkpoint.deployment(SandboxPaths("trial", tmp_path), "probe") == {}
    assert checkpoint.outputs({}) == {}
