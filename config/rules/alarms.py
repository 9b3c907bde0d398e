"""Rules of the alarms: subscribers, thresholds that can be reached, limits of CloudWatch."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from config.rules.rule import Case, ConfigRule
from config.settings.alarms import SEVERITIES, Alarm, Severity
from config.settings.stack import Settings
from config.sizing import alarm_thresholds

FORMS: Mapping[str, tuple[str, str]] = {
    "email": (r"[^@\s]+@[^@\s]+\.[^@\s]+", "an address, such as oncall@example.com"),
    "email-json": (r"[^@\s]+@[^@\s]+\.[^@\s]+", "an address, such as oncall@example.com"),
    "https": (r"https://[^/\s]+(/\S*)?", "an address that begins with https://"),
    "sms": (r"\+[1-9]\d{6,14}", "a quoted number with its country code, such as +4915112345678"),
    "sqs": (r"arn:aws:sqs:[a-z0-9-]+:\d{12}:\S+", "the queue's ARN"),
    "lambda": (r"arn:aws:lambda:[a-z0-9-]+:\d{12}:function:\S+", "the function's ARN"),
}
"""The endpoint of each SNS protocol, as a pattern and in words."""
QUERY_NAME = re.compile(r"\b[a-z][a-z0-9_]*\b")
PLACEHOLDER = re.compile(r"\{[a-z]+\}")
"""A placeholder in an expression, filled with a number of the alarm target."""


def rows(s: Settings) -> Iterator[tuple[Case, Alarm]]:
    for kind, target_alarms in s.alarms.catalog.items():
        for name, alarm in target_alarms.alarms.items():
            yield {"kind": kind, "name": name, "alarm": alarm}, alarm


def repeated_subscribers(s: Settings) -> Iterator[Case]:
    for severity in SEVERITIES:
        listed = s.alarms.subscribers.of(severity)
        for index, each in enumerate(listed):
            if each in listed[:index]:
                yield {"severity": severity, "index": index, "endpoint": each.endpoint}


def wrong_endpoints(s: Settings) -> Iterator[Case]:
    for severity in SEVERITIES:
        for index, each in enumerate(s.alarms.subscribers.of(severity)):
            pattern, form = FORMS[each.protocol]
            if not re.fullmatch(pattern, each.endpoint):
                yield {"severity": severity, "index": index, "each": each, "form": form}


def neither_metric_nor_expression(s: Settings) -> Iterator[Case]:
    for case, alarm in rows(s):
        if (alarm.metric is None) == (alarm.expression is None):
            yield case


def mismatched_expressions(s: Settings) -> Iterator[Case]:
    for case, alarm in rows(s):
        used = set(QUERY_NAME.findall(PLACEHOLDER.sub("", alarm.expression or "")))
        for name in sorted(used ^ alarm.metrics.keys()):
            known = ", ".join(alarm.metrics) or "empty"
            problem = (
                f"{name} is missing from metrics ({known})"
                if name in used
                else f"the metric {name} is not used"
            )
            yield {**case, "problem": problem}


def failures_named_like_an_alarm(s: Settings) -> Iterator[Case]:
    """A metric alarm and a composite alarm of the same name would be one alarm to CloudWatch."""
    names = {name for target_alarms in s.alarms.catalog.values() for name in target_alarms.alarms}
    return (case for case, alarm in rows(s) if alarm.failure in names)


def without_threshold(s: Settings) -> Iterator[Case]:
    return (case for case, alarm in rows(s) if alarm.warning is None and alarm.critical is None)


def out_of_order(s: Settings) -> Iterator[Case]:
    for case, alarm in rows(s):
        if not alarm.ordered:
            yield {**case, "side": "below" if alarm.rising else "above"}


def beyond_percent(s: Settings) -> Iterator[Case]:
    for case, alarm in rows(s):
        for severity in SEVERITIES:
            figure = alarm.documented(severity)
            if alarm.unit == "percent" and figure is not None and figure > 100:
                yield {**case, "severity": severity, "figure": figure}


def too_long(s: Settings) -> Iterator[Case]:
    for case, alarm in rows(s):
        if alarm.period_s * alarm.evaluation_periods > alarm_thresholds.LONGEST_EVALUATION_S:
            yield {**case, "most": alarm_thresholds.LONGEST_EVALUATION_S // alarm.period_s}


def too_many_datapoints(s: Settings) -> Iterator[Case]:
    return (
        case
        for case, alarm in rows(s)
        if (alarm.datapoints_to_alarm or 0) > alarm.evaluation_periods
    )


def _server_thresholds(s: Settings, name: str) -> Iterator[tuple[Severity, float]]:
    target_alarms = s.alarms.catalog.get("postgres_server")
    alarm = target_alarms.alarms.get(name) if target_alarms is not None else None
    for severity in SEVERITIES:
        figure = alarm.documented(severity) if alarm is not None else None
        if figure is not None:
            yield severity, figure


def unreachable_connections(s: Settings) -> Iterator[Case]:
    limit = s.postgres.max_connections
    for severity, figure in _server_thresholds(s, "connections"):
        if limit is not None and figure >= limit:
            yield {"severity": severity, "figure": figure, "limit": limit}


def unreachable_free_storage(s: Settings) -> Iterator[Case]:
    for severity, figure in _server_thresholds(s, "free-storage"):
        if figure >= s.postgres.storage.allocated_gb:
            yield {"severity": severity, "figure": figure}


ROW = "nexusflow:alarms.catalog.{kind}.alarms.{name}"
POSTGRES = "nexusflow:alarms.catalog.postgres_server.alarms"

ERRORS: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        "nexusflow:alarms.subscribers.critical",
        lambda s: not s.alarms.subscribers.critical,
        "empty: a critical alarm would reach nobody",
        "list at least one, such as {{protocol: email, endpoint: oncall@example.com}}",
    ),
    ConfigRule(
        "nexusflow:alarms.subscribers.{severity}.{index}",
        repeated_subscribers,
        "{endpoint} is listed twice",
        "list each subscriber once",
    ),
    ConfigRule(
        "nexusflow:alarms.subscribers.{severity}.{index}.endpoint",
        wrong_endpoints,
        "{each.endpoint} is not an endpoint of {each.protocol}",
        "write {form}",
    ),
    ConfigRule(
        ROW,
        neither_metric_nor_expression,
        "needs either a metric or an expression",
        "give one of the two",
    ),
    ConfigRule(
        f"{ROW}.expression",
        mismatched_expressions,
        "{problem}",
        "use exactly the names that metrics lists",
    ),
    ConfigRule(
        f"{ROW}.failure",
        failures_named_like_an_alarm,
        "the composite alarm would have the name of the alarm {alarm.failure}",
        "name the failure, such as overload",
    ),
    ConfigRule(ROW, without_threshold, "has no threshold", "give warning, critical or both"),
    ConfigRule(
        ROW,
        out_of_order,
        "the warning {alarm.warning:g} would not fire before the critical {alarm.critical:g}",
        "write a warning {side} it",
    ),
    ConfigRule(
        f"{ROW}.{{severity}}",
        beyond_percent,
        "{figure:g} percent is never reached",
        "write at most 100",
    ),
    ConfigRule(
        f"{ROW}.evaluation_periods",
        too_long,
        "{alarm.evaluation_periods} periods of {alarm.period_s} s exceed one day, the most that "
        "CloudWatch evaluates",
        "write at most {most}",
    ),
    ConfigRule(
        f"{ROW}.datapoints_to_alarm",
        too_many_datapoints,
        "{alarm.datapoints_to_alarm} datapoints in {alarm.evaluation_periods} evaluation periods",
        "write at most {alarm.evaluation_periods}",
    ),
    ConfigRule(
        f"{POSTGRES}.connections.{{severity}}",
        unreachable_connections,
        "{figure:g} can't be reached: max_connections is {limit}",
        "write fewer than {limit}",
    ),
    ConfigRule(
        f"{POSTGRES}.free-storage.{{severity}}",
        unreachable_free_storage,
        "{figure:g} GB of {s.postgres.storage.allocated_gb} GB: the alarm would never clear",
        "write less, or allocate more storage",
    ),
)
