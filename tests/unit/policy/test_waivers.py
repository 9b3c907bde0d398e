"""Waivers: what they cover, until when, and how a wrong one is refused."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from config.errors import ConfigurationError
from policy import rds, rules, waivers
from tests.unit.policy.policy_estate import GOOD, edited, estate, resource

TODAY = datetime.date(2026, 11, 24)
DAY = datetime.timedelta(days=1)
VOLUME = "aws:ebs/volume:Volume"
WAIVER = {
    "rule": "EC2.3",
    "resource": "vol*",
    "environments": ["production"],
    "reason": "It holds nothing but public packages.",
    "expires": TODAY,
}
PLAIN_VOLUME = estate(VOLUME, {"encrypted": False})


def judged(today: datetime.date = TODAY, **changed: Any) -> waivers.Verdict:
    waiver = waivers.Waiver.model_validate(WAIVER | changed)
    return waivers.judge(rules.violations(PLAIN_VOLUME), [waiver], today)


def test_a_waived_violation_is_not_reported_until_its_waiver_expires() -> None:
    assert judged().violations == ()
    assert [each.rule for each in judged().waived] == ["EC2.3"]
    after = judged(TODAY + DAY)
    assert [each.rule for each in after.violations] == ["EC2.3", "WAIVER.1"]
    assert "the waiver of EC2.3 expired on 2026-11-24" in str(after.violations[1])
    assert len(after.mandatory) == 2


@pytest.mark.parametrize(
    "changed", [{"rule": "EC2.8"}, {"resource": "disk"}, {"environments": ["staging"]}]
)
def test_a_waiver_covers_its_rule_resource_and_environments_only(changed: dict[str, Any]) -> None:
    assert [each.rule for each in judged(**changed).violations] == ["EC2.3"]


def test_the_most_severe_comes_first_and_the_least_does_not_stop_a_run() -> None:
    found = rules.violations(
        [
            *estate("aws:cloudwatch/logGroup:LogGroup", {"retentionInDays": 1}),
            resource(VOLUME, {}),
            resource("aws:kms/key:Key", {"policy": '{"Statement": []}'}),
            resource(rds.INSTANCE, edited(GOOD[rds.INSTANCE], {"publiclyAccessible": True})),
        ]
    )
    verdict = waivers.judge(found, [], TODAY)
    assert [each.severity.value for each in verdict.violations] == [
        "critical",
        "medium",
        "medium",
        "low",
    ]
    assert [each.rule for each in verdict.violations if each not in verdict.mandatory] == [
        "CKV_AWS_338"
    ]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("rule: EC2.33", "waivers.0.rule: no rule is called EC2.33; did you mean EC2.3?"),
        ("reason: because", 'waivers.0.reason: "because": too short; give one sentence'),
        ("expires: soon", 'waivers.0.expires: "soon"'),
        ("expires:", "waivers.0.expires: null"),
        ("environments: []", "waivers.0.environments: []: too few"),
        ("owner: me", "waivers.0.owner: unknown key"),
        ("rule: STATEFUL.1", "waivers.0.resource: vol* is a pattern; name each resource"),
    ],
)
def test_a_broken_waiver_is_refused_with_file_key_fault_and_remedy(
    tmp_path: Path, line: str, fault: str
) -> None:
    lines = {
        "rule": "rule: EC2.3",
        "resource": "resource: vol*",
        "environments": "environments: [production]",
        "reason": "reason: It holds nothing but public packages.",
        "expires": "expires: 2026-11-24",
    }
    lines[line.partition(":")[0]] = line
    file = tmp_path / "waivers.yaml"
    file.write_text("waivers:\n  - " + "\n    ".join(lines.values()))
    with pytest.raises(ConfigurationError) as refused:
        waivers.load(file)
    assert str(refused.value).startswith(f"policy/waivers.yaml: {fault}")
    assert "\n" not in str(refused.value)
