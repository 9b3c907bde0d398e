"""The rules on the real engine: a run that breaks one ends before anything is changed."""

from __future__ import annotations

import functools
import gc
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from engine.progress import Progress
from engine.result import Operation, Outcome, Run
from ops import policy_gate
from ops.recovery import lookup
from ops.sandbox import report
from policy import waivers
from sandbox import run, variables
from sandbox.clients import aws_client
from sandbox.emulator import client
from sandbox.paths import SandboxPaths

# An event loop of the SDK stays open when the engine goes away under a program (2026-11-24).
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
STACK = "trial"
PLUGINS = {"aws": "sandbox.providers.aws"}
FOUNDATION = 'import pulumi\npulumi.export("ground", 1)\n'
MAIN = """
import json
import pulumi
from pulumi_aws import cloudwatch, ec2, iam, kms

config = pulumi.Config()
key = kms.Key(
    "key",
    description="trial",
    enable_key_rotation=config.get_bool("rotated", True),
    multi_region=config.get_bool("multi_region", False),
)
if config.get_bool("spare", True):
    kms.Key("spare", description="trial", enable_key_rotation=True)
vpc = ec2.Vpc("vpc", cidr_block="10.9.0.0/16")
ec2.DefaultSecurityGroup("vpc", vpc_id=vpc.id, ingress=[], egress=[])
logs = cloudwatch.LogGroup(
    "logs", name="/trial/flow", kms_key_id=key.arn, retention_in_days=config.get_int("kept", 365)
)
trust = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
        }
    ],
}
role = iam.Role("logs", name="trial-flow", assume_role_policy=json.dumps(trust))
ec2.FlowLog(
    "vpc",
    vpc_id=vpc.id,
    traffic_type="ALL",
    log_destination_type="cloud-watch-logs",
    log_destination=logs.arn,
    iam_role_arn=role.arn,
)
"""


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxPaths]:
    root = tmp_path_factory.mktemp("policy")
    for directory, name, program in (
        (root, "judged", MAIN),
        (root / "foundation", "judged-foundation", FOUNDATION),
    ):
        directory.mkdir(exist_ok=True)
        (directory / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
        (directory / "__main__.py").write_text(program)
        (directory / f"Pulumi.{STACK}.yaml").write_text("config: {aws:region: us-east-1}\n")
    paths = SandboxPaths(STACK, root)
    yield paths
    run.down(paths, Progress(Console(quiet=True)))
    gc.collect()  # in this module, where what it finds is expected


def operate(
    paths: SandboxPaths, operation: str = "up", *, with_pack: bool = False, **config: Any
) -> Run:
    values = {"aws:region": "us-east-1"} | {
        f"judged:{key}": json.dumps(value) for key, value in config.items()
    }
    (paths.project_root / f"Pulumi.{STACK}.yaml").write_text(json.dumps({"config": values}))
    progress = Progress(Console(quiet=True))
    return run.run(
        paths,
        Operation(operation),
        progress,
        lookup=lookup.in_region("us-east-1"),
        gate=policy_gate.of_today(),
        policy_packs=(policy_gate.PACK,) if with_pack else (),
        plugins=PLUGINS,
    )


def keys(paths: SandboxPaths) -> set[str]:
    """The ids of the keys that the emulated AWS has and that nobody has deleted."""
    emulator = client.running(paths)
    assert emulator is not None
    kms = aws_client("kms", variables.aws_variables(emulator.endpoint))
    listed = [kms.describe_key(KeyId=key["KeyId"]) for key in kms.list_keys()["Keys"]]
    return {
        each["KeyMetadata"]["KeyId"]
        for each in listed
        if each["KeyMetadata"]["KeyState"] == "Enabled"
    }


def violated(result: Run) -> list[tuple[str, str]]:
    return [
        (each["rule"], each["urn"].rpartition("::")[2]) for each in result.document()["violations"]
    ]


def said(result: Run) -> str:
    stream = io.StringIO()
    report.show(result, Console(file=stream, width=200))
    return stream.getvalue()


def test_a_run_is_stopped_before_anything_changes_by_the_rules_or_by_the_engine(
    paths: SandboxPaths,
) -> None:
    ruled = operate(paths, rotated=False)
    assert ruled.outcome is Outcome.FAILED
    assert violated(ruled) == [("CKV_AWS_7", "key")]
    assert ruled.projects[-1].resources == ()
    assert "violation: CKV_AWS_7 (medium) key: the key is rotated every year" in said(ruled)
    assert "main: stopped before anything was changed" in said(ruled)
    assert keys(paths) == set()

    packed = operate(paths, rotated=False, with_pack=True)
    assert packed.outcome is Outcome.FAILED
    errors = [each for each in packed.projects[-1].diagnostics if each.severity == "error"]
    assert any(
        each.message == "CKV_AWS_7: the key is rotated every year; set enable_key_rotation=True"
        for each in errors
    ), errors
    assert keys(paths) == set()


def test_what_satisfies_every_rule_goes_through_with_the_pack_too(paths: SandboxPaths) -> None:
    built = operate(paths, with_pack=True)
    assert built.outcome is Outcome.SUCCEEDED, said(built)
    assert violated(built) == []
    # now that every value is known, and ids are the engine's secret
    again = operate(paths, "preview", with_pack=True)
    assert again.outcome is Outcome.SUCCEEDED, said(again)
    assert not again.has_changes


def test_an_advisory_violation_is_reported_and_stops_nothing(paths: SandboxPaths) -> None:
    operate(paths)
    previewed = operate(paths, "preview", kept=30)
    assert previewed.outcome is Outcome.SUCCEEDED
    assert violated(previewed) == [("CKV_AWS_338", "logs")]
    assert "advisory: CKV_AWS_338 (low) logs: logs are kept for a year" in said(previewed)
    assert [each["mandatory"] for each in previewed.document()["violations"]] == [False]


def test_a_key_is_neither_replaced_nor_deleted_until_somebody_names_it_and_says_why(
    paths: SandboxPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    operate(paths)
    before = keys(paths)
    assert violated(operate(paths, "preview", multi_region=True)) == [("STATEFUL.1", "key")]
    assert violated(operate(paths, multi_region=True, spare=False)) == [
        ("STATEFUL.1", "key"),
        ("STATEFUL.2", "spare"),
    ]
    assert keys(paths) == before

    named = {
        "rule": "STATEFUL.1",
        "resource": "key",
        "environments": [STACK],
        "reason": "Nothing was ever encrypted with it.",
    }
    file = tmp_path / "waivers.yaml"
    file.write_text(json.dumps({"waivers": [named]})[:-3] + ', "expires": 2999-01-01}]}')
    monkeypatch.setattr(waivers, "load", functools.partial(waivers.load, file))
    half = operate(paths, multi_region=True, spare=False)
    assert violated(half) == [("STATEFUL.2", "spare")]
    assert keys(paths) == before
    whole = operate(paths, multi_region=True)
    assert whole.outcome is Outcome.SUCCEEDED, said(whole)
    assert len(keys(paths) - before) == 1
