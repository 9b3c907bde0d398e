"""The alarms of both environments as registered: thresholds, composite alarms, topics."""

from __future__ import annotations

import json
import re

import pytest

from components.security import iam_policies
from tests.components.recording import ROOT, RecordedResource, Run, run_program, stack_config

METRIC = "aws:cloudwatch/metricAlarm:MetricAlarm"
COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
ENVIRONMENTS = {"production": (12_000, 2), "staging": (3_000, 0)}
"""Documented IOPS and replicas."""
GIB = 1024**3


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def main(environment: str) -> Run:
    return run_program(ROOT, environment)


@pytest.fixture(scope="module")
def alarms(environment: str, main: Run) -> dict[str, RecordedResource]:
    """Metric alarms by what follows the prefix in their names."""
    prefix = f"nexusflow-{environment}-"
    return {
        alarm.inputs["name"].removeprefix(prefix): alarm
        for alarm in main.all(METRIC)
        if alarm.inputs["name"].startswith(prefix)
    }


def servers(environment: str) -> dict[str, str]:
    """The identifiers of the PostgreSQL servers by how their alarms call them."""
    identifier = f"nexusflow-{environment}"
    replicas = stack_config(ROOT, environment)["nexusflow:postgres"]["replicas"]["count"]
    named = {f"replica-{n}": f"{identifier}-replica-{n}" for n in range(1, replicas + 1)}
    return {"primary": identifier, **named}


def capacity(alarm: RecordedResource) -> tuple[str, float]:
    return alarm.inputs["comparisonOperator"], alarm.inputs["threshold"]


def children(composite: RecordedResource) -> list[str]:
    return re.findall(r'ALARM\("([^"]+)"\)', composite.inputs["alarmRule"])


ABOVE, AT_LEAST, BELOW = (
    "GreaterThanThreshold",
    "GreaterThanOrEqualToThreshold",
    "LessThanThreshold",
)
DOCUMENTED = {
    "cpu": ("CPUUtilization", ABOVE, 70, 90),
    "free-storage": ("FreeStorageSpace", BELOW, 50 * GIB, 20 * GIB),
    "connections": ("DatabaseConnections", ABOVE, 150, 180),
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_every_server_has_the_documented_thresholds(
    environment: str, alarms: dict[str, RecordedResource], name: str
) -> None:
    metric, comparison, *thresholds = DOCUMENTED[name]
    for server, identifier in servers(environment).items():
        for severity, threshold in zip(("warning", "critical"), thresholds, strict=True):
            alarm = alarms[f"postgres-{server}-{name}-{severity}"]
            assert capacity(alarm) == (comparison, threshold)
            assert alarm.inputs["metricName"] == metric
            assert alarm.inputs["namespace"] == "AWS/RDS"
            assert alarm.inputs["dimensions"] == {"DBInstanceIdentifier": identifier}


def test_storage_thresholds_are_the_documented_gigabytes(
    alarms: dict[str, RecordedResource],
) -> None:
    assert capacity(alarms["postgres-primary-free-storage-warning"])[1] == 53_687_091_200
    assert capacity(alarms["postgres-primary-free-storage-critical"])[1] == 21_474_836_480


@pytest.mark.parametrize("name", ["read-iops", "iops"])
def test_the_iops_threshold_scales_with_provisioned_iops_and_fires_when_reached(
    environment: str, alarms: dict[str, RecordedResource], name: str
) -> None:
    provisioned, _ = ENVIRONMENTS[environment]
    for server in servers(environment):
        warning, critical = (
            capacity(alarms[f"postgres-{server}-{name}-{severity}"])
            for severity in ("warning", "critical")
        )
        assert warning == (AT_LEAST, 10_000 * provisioned / 12_000)
        assert critical == (AT_LEAST, provisioned)


def test_the_iops_alarm_adds_reads_and_writes(
    environment: str, alarms: dict[str, RecordedResource]
) -> None:
    for server, identifier in servers(environment).items():
        queries = alarms[f"postgres-{server}-iops-critical"].inputs["metricQueries"]
        added = {query["id"]: query["metric"] for query in queries if "metric" in query}
        assert {metric["metricName"] for metric in added.values()} == {"ReadIOPS", "WriteIOPS"}
        assert all(
            metric["dimensions"] == {"DBInstanceIdentifier": identifier}
            for metric in added.values()
        )
        (result,) = (query for query in queries if query.get("returnData"))
        assert result["expression"] == " + ".join(sorted(added))


def test_only_replicas_have_lag_alarms_with_the_documented_thresholds(
    environment: str, alarms: dict[str, RecordedResource]
) -> None:
    lag = {name: capacity(alarm) for name, alarm in alarms.items() if "-replica-lag-" in name}
    assert lag == {
        f"postgres-{server}-replica-lag-{severity}": (ABOVE, threshold)
        for server in servers(environment)
        if server != "primary"
        for severity, threshold in (("warning", 10), ("critical", 60))
    }


def test_alarms_follow_the_number_of_replicas() -> None:
    config = stack_config(ROOT, "staging")
    config["nexusflow:postgres"]["replicas"] = {"count": 1}
    names = {alarm.inputs["name"] for alarm in run_program(ROOT, "staging", config).all(METRIC)}
    assert "nexusflow-staging-postgres-replica-1-replica-lag-critical" in names


def test_a_corrected_threshold_says_why_in_the_runbook(
    alarms: dict[str, RecordedResource],
) -> None:
    reasons = {"-read-iops-": "12,000", "-iops-": "their sum", "-replica-lag-": "idle primary"}
    for name, alarm in alarms.items():
        for part, reason in reasons.items():
            if re.search(rf"-(primary|\d){part}", name):
                assert reason in alarm.inputs["alarmDescription"]


def test_missing_data_of_a_server_alarms_and_of_a_burst_balance_does_not(
    alarms: dict[str, RecordedResource],
) -> None:
    missing = {name: alarm.inputs["treatMissingData"] for name, alarm in alarms.items()}
    assert missing["postgres-primary-cpu-critical"] == "breaching"
    assert missing["postgres-primary-ebs-io-balance-critical"] == "notBreaching"
    assert {m for name, m in missing.items() if "replica-lag" in name} <= {"breaching"}


def test_every_alarm_is_part_of_exactly_one_page_of_its_severity(main: Run) -> None:
    pages = main.all(COMPOSITE)
    names = {page.inputs["alarmName"] for page in pages}
    told = [(page, child) for page in pages for child in children(page) if child not in names]
    assert sorted(child for _, child in told) == sorted(a.inputs["name"] for a in main.all(METRIC))
    for page, child in told:
        assert page.inputs["alarmName"].rpartition("-")[2] == child.rpartition("-")[2]


def test_only_composite_alarms_notify_and_each_the_topic_of_its_severity(main: Run) -> None:
    for alarm in main.all(METRIC):
        assert not {"alarmActions", "okActions"} & alarm.inputs.keys()
    for page in main.all(COMPOSITE):
        severity = page.inputs["alarmName"].rpartition("-")[2]
        topic = [f"arn:aws:sns:::alarm-topics-{severity}"]
        assert page.inputs["alarmActions"] == topic
        assert page.inputs.get("okActions", []) == (topic if severity == "critical" else [])


def test_a_warning_is_silent_while_the_same_failure_is_critical(main: Run) -> None:
    rules = {page.inputs["alarmName"]: page.inputs["alarmRule"] for page in main.all(COMPOSITE)}
    warnings = {name: rule for name, rule in rules.items() if name.endswith("-warning")}
    assert warnings
    for name, rule in warnings.items():
        critical = name.removesuffix("warning") + "critical"
        assert critical not in rules or f'AND NOT ALARM("{critical}")' in rule


def test_a_replicas_lag_sends_no_page_while_its_primary_is_overloaded(
    environment: str, main: Run
) -> None:
    rules = {page.inputs["alarmName"]: page.inputs["alarmRule"] for page in main.all(COMPOSITE)}
    overload = f'NOT ALARM("nexusflow-{environment}-postgres-primary-overload-critical")'
    explained = {name for name, rule in rules.items() if overload in rule}
    replicas = [server for server in servers(environment) if server != "primary"]
    assert explained == {
        *(
            f"nexusflow-{environment}-postgres-{server}-replication-{severity}"
            for server in replicas
            for severity in ("warning", "critical")
        ),
        f"nexusflow-{environment}-postgres-primary-overload-warning",
    }


def test_no_alarm_exceeds_cloudwatch_limits(main: Run) -> None:
    alarms = [*main.all(METRIC), *main.all(COMPOSITE)]
    names = [alarm.inputs.get("name") or alarm.inputs["alarmName"] for alarm in alarms]
    assert len(set(names)) == len(names)
    for name, alarm in zip(names, alarms, strict=True):
        assert len(name) <= 255
        assert len(alarm.inputs["alarmDescription"]) <= 1024
        assert len(alarm.inputs.get("alarmRule", "")) <= 10_240


def test_the_topics_are_encrypted_and_allow_all_notifying_services(main: Run) -> None:
    for severity in ("warning", "critical"):
        topic = main.one("aws:sns/topic:Topic", f"alarm-topics-{severity}").inputs
        assert topic["kmsMasterKeyId"] == "arn:aws:kms:::key/keys-notifications"
        policy = main.one("aws:sns/topicPolicy:TopicPolicy", f"alarm-topics-{severity}").inputs
        for statement in json.loads(policy["policy"])["Statement"]:
            service = statement["Principal"]["Service"]
            assert statement["Action"] == "sns:Publish"
            assert statement["Resource"] == f"arn:aws:sns:::alarm-topics-{severity}"
            assert service in iam_policies.WITHOUT_SOURCE or statement["Condition"] == {
                "StringEquals": {"aws:SourceAccount": "123456789012"}
            }


def test_subscribers_are_those_of_the_stack_file(environment: str, main: Run) -> None:
    stated = stack_config(ROOT, environment)["nexusflow:alarms"]["subscribers"]
    subscribed = {
        (each.inputs["topic"], each.inputs["protocol"], each.inputs["endpoint"])
        for each in main.all(SUBSCRIPTION)
    }
    assert subscribed == {
        (f"arn:aws:sns:::alarm-topics-{severity}", each["protocol"], each["endpoint"])
        for severity, subscribers in stated.items()
        for each in subscribers
    }


def test_an_alarm_fires_thirty_days_before_the_first_certificate_expires(
    alarms: dict[str, RecordedResource],
) -> None:
    warning = alarms["tls-certificates-days-left-warning"]
    assert capacity(warning) == (BELOW, 30)
    (result,) = (q for q in warning.inputs["metricQueries"] if q.get("returnData"))
    assert result["expression"] == "(2082758400 - EPOCH(clock)) / 86400"  # 2036-01-01


def test_every_topic_has_a_subscriber(main: Run) -> None:
    topics = {f"arn:aws:sns:::{topic.name}" for topic in main.all("aws:sns/topic:Topic")}
    told = main.all("aws:sns/topicSubscription:TopicSubscription")
    assert {one.inputs["topic"] for one in told} == topics


def test_an_environment_may_override_single_thresholds() -> None:
    config = stack_config(ROOT, "staging")
    config["nexusflow:alarms"]["catalog"] = {
        "postgres_server": {"alarms": {"cpu": {"warning": 60}}}
    }
    run = run_program(ROOT, "staging", config)
    cpu = {
        severity: capacity(run.one(METRIC, f"alarms-postgres-primary-cpu-{severity}"))[1]
        for severity in ("warning", "critical")
    }
    assert cpu == {"warning": 60, "critical": 90}
