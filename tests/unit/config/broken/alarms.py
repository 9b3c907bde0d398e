"""Broken lines of the alarms and their subscribers."""

from __future__ import annotations

from tests.unit.config.broken import PRODUCTION, STAGING, Broken

CATALOG = "config/defaults/alarms.yaml"
CRITICAL = "critical: [{protocol: email, endpoint: oncall@nexusflow.example}]"
ONCALL = "nexusflow:alarms.subscribers.critical"
SERVER = "postgres_server.alarms"
CPU = (
    "warning: 70\n      critical: 90\n      unit: percent\n      period_s: 60\n"
    "      evaluation_periods: 5\n"
    "      treat_missing_data: breaching\n"
)
LAG = "metrics: {lag: ReplicaLag}"
OF_STACK = "nexusflow:alarms.catalog.postgres_server.alarms"


def catalog(old: str, new: str, line: str) -> tuple[str, str, str, str]:
    return CATALOG, old, new, line


def override(kind: str, change: str, line: str) -> tuple[str, str, str, str]:
    """A figure that the stack file changes."""
    stated = f"{CRITICAL}\n    catalog: {{{kind}: {{alarms: {{{change}}}}}}}"
    return STAGING, CRITICAL, stated, line


_ROWS = [
    (
        PRODUCTION,
        CRITICAL,
        "critical: []",
        f"{ONCALL}: empty: a critical alarm would reach nobody; list at least one, such as "
        "{protocol: email, endpoint: oncall@example.com}",
    ),
    (
        PRODUCTION,
        f"      {CRITICAL}\n",
        "",
        f"{ONCALL}: missing; give [{{protocol: …, endpoint: …}}]",
    ),
    (
        PRODUCTION,
        CRITICAL,
        f"{CRITICAL[:-1]}, {{protocol: email, endpoint: oncall@nexusflow.example}}]",
        f"{ONCALL}.1: oncall@nexusflow.example is listed twice; list each subscriber once",
    ),
    (
        PRODUCTION,
        CRITICAL,
        "critical: [{protocol: https, endpoint: http://pager.example}]",
        f"{ONCALL}.0.endpoint: http://pager.example is not an endpoint of https; write an "
        "address that begins with https://",
    ),
    (
        PRODUCTION,
        CRITICAL,
        'critical: [{protocol: sms, endpoint: "0151123456"}]',
        f"{ONCALL}.0.endpoint: 0151123456 is not an endpoint of sms; write a quoted number "
        "with its country code, such as +4915112345678",
    ),
    (
        PRODUCTION,
        CRITICAL,
        "critical: [{protocol: lambda, endpoint: page-somebody}]",
        f"{ONCALL}.0.endpoint: page-somebody is not an endpoint of lambda; write the "
        "function's ARN",
    ),
    (
        PRODUCTION,
        CRITICAL,
        "critical: [{protocol: slack, endpoint: oncall}]",
        f"{ONCALL}.0.protocol: \"slack\" is not allowed; use 'email', 'email-json', 'https', "
        "'sms', 'sqs' or 'lambda'",
    ),
    catalog(
        CPU,
        CPU.replace("70", "90"),
        f"{SERVER}.cpu: the warning 90 would not fire before the critical 90; write a "
        "warning below it",
    ),
    catalog(
        "warning: 50\n      critical: 20\n      unit: GB",
        "warning: 20\n      critical: 50\n      unit: GB",
        f"{SERVER}.free-storage: the warning 20 would not fire before the critical 50; write "
        "a warning above it",
    ),
    override(
        "postgres_server",
        "cpu: {critical: 120}",
        f"{OF_STACK}.cpu.critical: 120 percent is never reached; write at most 100",
    ),
    override(
        "postgres_server",
        "cpu: {critical: 60}",
        f"{OF_STACK}.cpu: the warning 70 would not fire before the critical 60; write a "
        "warning below it",
    ),
    override(
        "postgres_server",
        "connections: {critical: 200}",
        f"{OF_STACK}.connections.critical: 200 can't be reached: max_connections is 200; write "
        "fewer than 200",
    ),
    override(
        "postgres_server",
        "free-storage: {warning: 120}",
        f"{OF_STACK}.free-storage.warning: 120 GB of 100 GB: the alarm would never clear; "
        "write less, or allocate more storage",
    ),
    override(
        "postgres_server",
        "cpu: {period_s: 90}",
        f"{OF_STACK}.cpu.period_s: 90 is not a period of CloudWatch; write 10, 20, 30 or a "
        "multiple of 60",
    ),
    override(
        "postgres_server",
        "cpu: {evaluation_periods: 1500}",
        f"{OF_STACK}.cpu.evaluation_periods: 1500 periods of 60 s exceed one day, the "
        "most that CloudWatch evaluates; write at most 1440",
    ),
    override(
        "postgres_server",
        "cpu: {datapoints_to_alarm: 6}",
        f"{OF_STACK}.cpu.datapoints_to_alarm: 6 datapoints in 5 evaluation periods; "
        "write at most 5",
    ),
    override(
        "postgres_server",
        "cpu: {warnings: 60}",
        f"{OF_STACK}.cpu.warnings: unknown key; did you mean warning?",
    ),
    override(
        "redis_state_node",
        "evictions: {failure: memory}",
        "nexusflow:alarms.catalog.redis_state_node.alarms.evictions.failure: the composite "
        "alarm would have the name of the alarm memory; name the failure, such as overload",
    ),
    catalog(
        "metric: Evictions",
        "expression: evicted",
        "redis_state_node.alarms.evictions.expression: evicted is missing from metrics "
        "(empty); use exactly the names that metrics lists",
    ),
    catalog(
        LAG,
        "metrics: {lag: ReplicaLag, slots: OldestReplicationSlotLag}",
        "postgres_replica.alarms.replica-lag.expression: the metric slots is not used; use "
        "exactly the names that metrics lists",
    ),
    catalog(
        "      metric: Evictions\n",
        "",
        "redis_state_node.alarms.evictions: needs either a metric or an expression; give one "
        "of the two",
    ),
    catalog(
        "critical: 0\n      unit: count\n      period_s: 60\n",
        "unit: count\n      period_s: 60\n",
        "redis_state_node.alarms.evictions: has no threshold; give warning, critical or both",
    ),
    catalog(
        "metric: Evictions\n      statistic: Sum",
        "metric: Evictions\n      statistic: p99",
        "redis_state_node.alarms.evictions.statistic: \"p99\" is not allowed; use 'Average', "
        "'Minimum', 'Maximum' or 'Sum'",
    ),
    catalog(
        "treat_missing_data: ignore # a node",
        "treat_missing_data: fine # a node",
        'redis_replica.alarms.replication-lag.treat_missing_data: "fine" is not allowed; use '
        "'breaching', 'notBreaching', 'ignore' or 'missing'",
    ),
]
FAULTS = [Broken(*row) for row in _ROWS]
