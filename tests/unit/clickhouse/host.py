"""Hosts to render in tests, from the stack files that stand in this repository."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from components.clickhouse import config as clickhouse_config
from components.clickhouse import user_data
from components.clickhouse.config import Cluster, Limits
from components.clickhouse.user_data import BackupPlan, Host
from config import load
from config.settings.clickhouse import ClickhouseSettings
from config.settings.stack import Settings
from config.sizing.clickhouse_nodes import Node
from database import events

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = Path(__file__).parent / "golden"
ENDPOINT = "https://nexusflow-production-events-123456789012.s3.us-east-1.amazonaws.com/"
LIMITS = Limits(server_bytes=13_743_895_347, query_bytes=6_871_947_673)
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:nexusflow-production"


def settings(environment: str = "production", **changes: object) -> ClickhouseSettings:
    found = load.read(ROOT / f"Pulumi.{environment}.yaml")
    assert isinstance(found, Settings)
    return found.clickhouse.model_copy(update=changes)


def cluster(of: ClickhouseSettings) -> Cluster:
    return Cluster(of.nodes, "nexusflow.internal")


def server(of: ClickhouseSettings, node: Node) -> str:
    return clickhouse_config.server(cluster(of), node, LIMITS, ENDPOINT)


def host(of: ClickhouseSettings, node: Node) -> Host:
    bare = Host(
        name=f"nexusflow-production-{node.name}",
        region="us-east-1",
        version=of.version,
        packages_bucket="nexusflow-production-packages-123456789012",
        packages=of.packages.model_dump(by_alias=True),
        logins_arn=f"{SECRET}/clickhouse/hosts-0a1b2c3d-AbCdEf",
        certificate_arn=f"{SECRET}/tls/clickhouse-0a1b2c3d-AbCdEf",
        backup_endpoint=ENDPOINT,
        server_xml=server(of, node),
        users_xml=clickhouse_config.users(LIMITS),
        versions=("9f0c1f4e-6f0a-4b0e-8f0a-0a1b2c3d4e5f",),
    )
    if not node.holds_data or node.shard is None:
        return bare
    return replace(
        bare,
        device_id="vol-0123456789abcdef0",
        schema=events.schema(of.events.retention_months),
        backups=BackupPlan(str(of.backups.time), node.shard) if node.backs_up else None,
    )


def document(of: ClickhouseSettings, node: Node) -> str:
    return user_data.render(host(of, node))
