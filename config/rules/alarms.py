"""The rules of the alarms: somebody is told, thresholds make sense, and CloudWatch takes them."""

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
    "sms": (r"\+[1-9]\d{6,14}", "a quoted number with its country, such as +4915112345678"),
    "sqs": (r"arn:aws:sqs:[a-z0-9-]+:\d{12}:\S+", "the queue's ARN"),
    "lambda": (r"arn:aws:lambda:[a-z0-9-]+:\d{12}:function:\S+", "the function's ARN"),
}
"""What each protocol takes as endpoint, as a pattern and in words."""
QUERY_NAME = re.compile(r"\b[a-z][a-z0-9_]*\b")
CONSTANT = re.compile(r"\{[a-z]+\}")
"""A number that an instance puts into the expression."""


def rows(s: Settings) -> Iterator[tuple[Case, Alarm]]:
    for kind, watch in s.alarms.catalog.items():
        for name, alarm in watch.alarms.items():
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
            pattern, right = FORMS[each.protocol]
            if not re.fullmatch(pattern, each.endpoint):
                yield {"severity": severity, "index": index, "each": each, "right": right}


def shapeless(s: Settings) -> Iterator[Case]:
    for case, alarm in rows(s):
        if (alarm.metric is None) == (alarm.expression is None):
            yield case


def unfit_expressions(s: Settings) -> Iterator[Case]:
    for case, alarm in rows(s):
        used = set(QUERY_NAME.findall(CONSTANT.sub("", alarm.expression or "")))
        for name in sorted(used ^ alarm.metrics.keys()):
            known = ", ".join(alarm.metrics) or "nothing"
            wrong = (
                f"{name} is not among the metrics, which are {known}"
                if name in used
                else f"the metric {name} is not used"
            )
            yield {**case, "wrong": wrong}


def called_as_an_alarm(s: Settings) -> Iterator[Case]:
    """An alarm and a page of one name would be one alarm to CloudWatch."""
    names = {name for watch in s.alarms.catalog.values() for name in watch.alarms}
    return (case for case, alarm in rows(s) if alarm.failure in names)


def silent(s: Settings) -> Iterator[Case]:
    return (case for case, alarm in rows(s) if alarm.warning is None and alarm.critical is None)


def out_of_order(s: Settings) -> Iterator[Case]:
    for case, alarm in rows(s):
        if not alarm_thresholds.ordered(alarm):
            yield {**case, "side": "below" if alarm.rising else "above"}


def beyond_percent(s: Settings) -> Iterator[Case]:
    for case, alarm in rows(s):
        for severity in SEVERITIES:
            figure = alarm.threshold(severity)
            if alarm.unit == "percent" and figure is not None and figure > 100:
                yield {**case, "severity": severity, "figure": figure}


def unfit_periods(s: Settings) -> Iterator[Case]:
    return (case for case, alarm in rows(s) if not alarm_thresholds.period_allowed(alarm.period_s))


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


def _figures(s: Settings, name: str) -> Iterator[tuple[Severity, float]]:
    watch = s.alarms.catalog.get("postgres_server")
    alarm = watch.alarms.get(name) if watch is not None else None
    for severity in SEVERITIES:
        figure = alarm.threshold(severity) if alarm is not None else None
        if figure is not None:
            yield severity, figure


def more_connections_than_there_are(s: Settings) -> Iterator[Case]:
    row = s.postgres.parameters.get("max_connections")
    limit = int(row.value) if row is not None and row.value.isdigit() else None
    for severity, figure in _figures(s, "connections"):
        if limit is not None and figure >= limit:
            yield {"severity": severity, "figure": figure, "limit": limit}


def more_storage_than_there_is(s: Settings) -> Iterator[Case]:
    for severity, figure in _figures(s, "free-storage"):
        if figure >= s.postgres.storage.allocated_gb:
            yield {"severity": severity, "figure": figure}


ROW = "nexusflow:alarms.catalog.{kind}.alarms.{name}"
POSTGRES = "nexusflow:alarms.catalog.postgres_server.alarms"

REFUSED: tuple[ConfigRule[Settings], ...] = (
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
        "{each.endpoint} is no endpoint of {each.protocol}",
        "write {right}",
    ),
    ConfigRule(ROW, shapeless, "not one metric and not one expression", "give one of the two"),
    ConfigRule(
        f"{ROW}.expression", unfit_expressions, "{wrong}", "use what `metrics` lists, all of it"
    ),
    ConfigRule(
        f"{ROW}.failure",
        called_as_an_alarm,
        "an alarm is called {alarm.failure}, and the page would have its name",
        "name the failure, such as overload",
    ),
    ConfigRule(ROW, silent, "without a threshold", "give warning, critical or both"),
    ConfigRule(
        ROW,
        out_of_order,
        "the warning {alarm.warning:g} doesn't come before the critical {alarm.critical:g}",
        "write a warning {side} it",
    ),
    ConfigRule(
        f"{ROW}.{{severity}}",
        beyond_percent,
        "{figure:g} percent is never reached",
        "write at most 100",
    ),
    ConfigRule(
        f"{ROW}.period_s",
        unfit_periods,
        "{alarm.period_s} is no period of CloudWatch",
        "write 10, 20, 30 or a multiple of 60",
    ),
    ConfigRule(
        f"{ROW}.evaluation_periods",
        too_long,
        "{alarm.evaluation_periods} periods of {alarm.period_s} s are more than the day that CloudWatch looks "
        "back",
        "write at most {most}",
    ),
    ConfigRule(
        f"{ROW}.datapoints_to_alarm",
        too_many_datapoints,
        "{alarm.datapoints_to_alarm} of {alarm.evaluation_periods} periods",
        "write at most {alarm.evaluation_periods}",
    ),
    ConfigRule(
        f"{POSTGRES}.connections.{{severity}}",
        more_connections_than_there_are,
        "{figure:g} can't be reached: max_connections is {limit}",
        "write fewer than {limit}",
    ),
    ConfigRule(
        f"{POSTGRES}.free-storage.{{severity}}",
        more_storage_than_there_is,
        "{figure:g} GB of {s.postgres.storage.allocated_gb} GB: the alarm would never end",
        "write less, or allocate more storage",
    ),
)
