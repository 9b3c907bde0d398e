"""Alarm targets of each store: their alarms, dimensions and thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from components.clickhouse import alarm_targets as clickhouse
from components.monitoring import alarm_inputs
from components.monitoring.alarm_target import AlarmTarget
from components.pgbouncer import alarm_targets as pgbouncer
from components.redis import alarm_targets as redis
from components.security.certificate_authority import earliest_expiry
from config import load
from config.settings.alarms import TargetAlarms, TargetType
from config.settings.stack import Settings
from tests.components.recording import ROOT

REDIS = [
    *redis.alarm_targets("cache", ["cache-001"], evicts=True),
    *redis.alarm_targets("state", ["state-001", "state-002"], evicts=False),
]
CLICKHOUSE = [
    *clickhouse.alarm_targets(
        "1", instance_id="i-1", volume_id="vol-1", metrics_host="test-1", backs_up=True
    ),
    *clickhouse.alarm_targets(
        "keeper", instance_id="i-2", volume_id=None, metrics_host="test-keeper", backs_up=False
    ),
]
PGBOUNCER = pgbouncer.alarm_targets(
    cluster="cluster",
    service="service",
    load_balancer="net/pooler/1",
    target_group="targetgroup/pooler/1",
    tasks=2,
)
VAULTS = [
    AlarmTarget(
        store="backups",
        instance="weekly",
        type="backup_vault",
        dimensions={"BackupVaultName": "nexusflow-weekly"},
    )
]


def catalog() -> Mapping[TargetType, TargetAlarms]:
    settings = load.read(ROOT / "Pulumi.production.yaml")
    assert isinstance(settings, Settings)
    return settings.alarms.catalog


def made(targets: Sequence[AlarmTarget]) -> dict[str, dict[str, Any]]:
    """The inputs of all alarms of these, by instance, alarm and severity."""
    found = {}
    for each in targets:
        watch = catalog()[each.type]
        for name, row in watch.alarms.items():
            for severity in ("warning", "critical"):
                inputs = alarm_inputs.metric_alarm(watch.namespace, row, severity, each)
                if inputs is not None:
                    found[f"{each.key}-{name}-{severity}"] = inputs
    return found


def test_the_expiry_alarm_counts_the_days_to_the_earliest_expiry() -> None:
    end = earliest_expiry(["2030-01-02T00:00:00Z", "2030-01-01T00:00:00Z"])
    expression = catalog()["certificates"].alarms["days-left"].expression or ""
    python = expression.format(end=end).replace("EPOCH(clock)", "now")
    for days in (29, 31):
        now = datetime(2030, 1, 1, tzinfo=UTC) - timedelta(days=days)
        assert eval(python, {"now": now.timestamp()}) == days  # noqa: S307 - the catalog's own


def test_evictions_alarm_only_in_the_group_that_holds_state() -> None:
    evictions = {name: a for name, a in made(REDIS).items() if "evictions" in name}
    assert set(evictions) == {
        "redis-state-1-evictions-critical",
        "redis-state-2-evictions-critical",
    }
    assert all(
        (a["comparison_operator"], a["threshold"]) == ("GreaterThanThreshold", 0)
        for a in evictions.values()
    )


def test_only_groups_with_replicas_have_a_replication_alarm() -> None:
    lag = {name for name in made(REDIS) if "replication-lag" in name}
    assert {name.rpartition("-replication")[0] for name in lag} == {
        "redis-state-1",
        "redis-state-2",
    }


def test_redis_has_the_figures_of_the_reference() -> None:
    alarms = made(REDIS)
    thresholds = {
        name: alarms[f"redis-cache-1-{name}"]["threshold"]
        for name in ("engine-cpu-critical", "cpu-warning", "memory-warning", "memory-critical")
    }
    assert thresholds == {
        "engine-cpu-critical": 90,
        "cpu-warning": 45,
        "memory-warning": 75,
        "memory-critical": 90,
    }


def test_a_host_has_alarm_targets_for_its_instance_and_its_volume_if_it_has_one() -> None:
    alarms = made(CLICKHOUSE)
    assert alarms["clickhouse-1-status-critical"]["dimensions"] == {"InstanceId": "i-1"}
    assert alarms["clickhouse-1-volume-stalled-critical"]["dimensions"] == {
        "InstanceId": "i-1",
        "VolumeId": "vol-1",
    }
    assert "clickhouse-keeper-status-critical" in alarms
    assert not any(name.startswith("clickhouse-keeper-volume") for name in alarms)


def test_pgbouncer_warns_when_a_task_is_missing_and_pages_when_none_is_healthy() -> None:
    alarms = made(PGBOUNCER)
    for name in ("tasks", "healthy-hosts"):
        warning = alarms[f"pgbouncer-service-{name}-warning"]
        assert (warning["comparison_operator"], warning["threshold"]) == ("LessThanThreshold", 2)
        assert f"pgbouncer-service-{name}-critical" not in alarms
    none_left = alarms["pgbouncer-service-no-healthy-hosts-critical"]
    assert (none_left["statistic"], none_left["threshold"]) == ("Maximum", 1)
    assert none_left["treat_missing_data"] == "breaching"


def test_one_failed_backup_pages_and_missing_data_does_not() -> None:
    alarms = made(VAULTS)
    assert set(alarms) == {
        "backups-weekly-failed-backups-critical",
        "backups-weekly-expired-backups-critical",
        "backups-weekly-failed-copies-critical",
    }
    for each in alarms.values():
        assert each["threshold"] == 0
        assert each["treat_missing_data"] == "notBreaching"


def test_every_target_type_of_the_catalog_is_declared_by_some_store() -> None:
    given = {each.type for store in (REDIS, CLICKHOUSE, PGBOUNCER, VAULTS) for each in store}
    others = {"postgres_server", "postgres_replica", "certificates"}
    assert given | others == set(catalog())
