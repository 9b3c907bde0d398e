"""Renders ClickHouse's configuration files for a node, config.d and users.d. Pure functions.

The files contain no secrets. Passwords and the cluster secret are environment variables, which
systemd reads from a file in memory (user_data.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from config.sizing.clickhouse_nodes import Node, keepers, shards

HTTPS, NATIVE, INTERSERVER, KEEPER, RAFT = 8443, 9440, 9010, 9281, 9234
CLUSTER = "analytics"
DATA = "/var/lib/clickhouse"
TLS = "/run/nexusflow/tls"
SYSTEM_LOG_DAYS = 30
SYSTEM_LOGS = (
    *("query_log", "query_thread_log", "query_views_log", "part_log", "session_log"),
    *("metric_log", "asynchronous_metric_log", "trace_log", "processors_profile_log"),
)
"""The system log tables of ClickHouse 23.8 that grow with use. They get a TTL, which is possible
because the packaged configuration defines no `engine` for them."""
UNENCRYPTED = (
    *("http_port", "tcp_port", "interserver_http_port"),
    *("mysql_port", "postgresql_port", "grpc_port"),
)
"""Ports without TLS that the packaged configuration opens."""


@dataclass(frozen=True)
class FromEnvironment:
    """A value that the server reads from an environment variable when it starts."""

    variable: str


REMOVED = object()
"""Marks an element of the packaged configuration for removal."""


@dataclass(frozen=True)
class Cluster:
    """All nodes of the cluster, which every node's configuration lists."""

    nodes: Sequence[Node]
    zone: str
    """The private DNS zone of the nodes' names."""

    def address(self, node: Node) -> str:
        """The fully qualified name of a node."""
        return f"{node.name}.{self.zone}"


@dataclass(frozen=True)
class Limits:
    """Memory limits of a node in bytes."""

    server_bytes: int
    query_bytes: int


def server(cluster: Cluster, node: Node, limits: Limits, backup_endpoint: str) -> str:
    """The file config.d/nexusflow.xml of a node. `backup_endpoint` is the URL of the bucket."""
    content: dict[str, Any] = {
        "logger": {"level": "information", "size": "100M", "count": 10},
        "listen_host": "0.0.0.0",  # noqa: S104 - the security group limits access
        **dict.fromkeys(UNENCRYPTED, REMOVED),
        "https_port": HTTPS,
        "tcp_port_secure": NATIVE,
        "interserver_https_port": INTERSERVER,
        "interserver_http_host": cluster.address(node),
        "interserver_http_credentials": {
            "user": "interserver",
            "password": FromEnvironment("CLICKHOUSE_INTERSERVER_PASSWORD"),
        },
        "openSSL": _tls(),
        "path": f"{DATA}/",
        "max_server_memory_usage": limits.server_bytes,
        "dns_cache_update_period": 15,
        "custom_settings_prefixes": "SQL_",
        "s3": {"backups": {"endpoint": backup_endpoint, "use_environment_credentials": 1}},
        **{log: {"ttl": f"event_date + toIntervalDay({SYSTEM_LOG_DAYS})"} for log in SYSTEM_LOGS},
        "zookeeper": {
            "node": [
                {"host": cluster.address(voter), "port": KEEPER, "secure": 1}
                for voter in keepers(cluster.nodes)
            ]
        },
        "distributed_ddl": {"path": "/clickhouse/task_queue/ddl"},
        "remote_servers": {"@replace": "1", CLUSTER: _cluster(cluster)},
        "user_directories": {
            "@replace": "1",
            "users_xml": {"path": "users.xml"},
            # Keeper stores roles and policies created with SQL: they survive a host's replacement.
            "replicated": {"zookeeper_path": "/clickhouse/access/"},
        },
    }
    if node.shard is not None:
        content["macros"] = {
            "cluster": CLUSTER,
            "shard": f"{node.shard:02}",
            "replica": cluster.address(node),
        }
    if node.keeper is not None:
        content["keeper_server"] = _keeper(cluster, node)
    return _document(content)


def users(limits: Limits) -> str:
    """The file users.d/nexusflow.xml. It removes the packaged user, which has no password, and
    defines the platform's users."""
    any_address = {"networks": {"ip": "::/0"}, "quota": "default"}
    localhost_only = {"networks": {"ip": ["127.0.0.1", "::1"]}, "quota": "default"}
    return _document(
        {
            "profiles": {
                "default": {
                    "max_memory_usage": limits.query_bytes,
                    "max_bytes_before_external_group_by": limits.query_bytes // 2,
                    "max_bytes_before_external_sort": limits.query_bytes // 2,
                    "max_execution_time": 300,
                },
                "application": {
                    "max_memory_usage": limits.query_bytes,
                    "max_bytes_before_external_group_by": limits.query_bytes // 2,
                    "max_execution_time": 30,
                    "allow_ddl": 0,
                    "deduplicate_blocks_in_dependent_materialized_views": 1,
                },
                "operations": {"max_memory_usage": limits.query_bytes, "max_execution_time": 0},
            },
            "quotas": {
                "default": {"interval": {"duration": 3600}},
                "application": {"interval": {"duration": 60, "queries": 6000, "errors": 600}},
            },
            "users": {
                "default": REMOVED,
                "nexusflow_app": {
                    "password_sha256_hex": FromEnvironment("CLICKHOUSE_APP_SHA256"),
                    **any_address,
                    "profile": "application",
                    "quota": "application",
                    "allow_databases": {"database": CLUSTER},
                },
                "nexusflow_admin": {
                    "password_sha256_hex": FromEnvironment("CLICKHOUSE_ADMIN_SHA256"),
                    **any_address,
                    "profile": "default",
                    "access_management": 1,
                },
                # For the scripts on the host that create tables and backups.
                "nexusflow_operations": {
                    "password_sha256_hex": FromEnvironment("CLICKHOUSE_OPERATIONS_SHA256"),
                    **localhost_only,
                    "profile": "operations",
                },
            },
        }
    )


def _tls() -> dict[str, Any]:
    common = {
        "certificateFile": f"{TLS}/certificate.pem",
        "privateKeyFile": f"{TLS}/private_key.pem",
        "caConfig": f"{TLS}/ca.pem",
        "loadDefaultCAFile": "false",
        "disableProtocols": "sslv2,sslv3,tlsv1,tlsv1_1",
        "preferServerCiphers": "true",
    }
    # The client side also connects to S3, whose certificate is from a public authority.
    client = common | {"loadDefaultCAFile": "true", "verificationMode": "strict"}
    return {"server": common | {"verificationMode": "relaxed"}, "client": client}


def _cluster(cluster: Cluster) -> dict[str, Any]:
    return {
        "secret": FromEnvironment("CLICKHOUSE_CLUSTER_SECRET"),
        "shard": [
            {
                "internal_replication": "true",
                "replica": [
                    {"host": cluster.address(node), "port": NATIVE, "secure": 1} for node in shard
                ],
            }
            for shard in shards(cluster.nodes)
        ],
    }


def _keeper(cluster: Cluster, node: Node) -> dict[str, Any]:
    return {
        "tcp_port_secure": KEEPER,
        "server_id": node.keeper,
        "log_storage_path": f"{DATA}/coordination/log",
        "snapshot_storage_path": f"{DATA}/coordination/snapshots",
        "coordination_settings": {
            "operation_timeout_ms": 10000,
            "session_timeout_ms": 30000,
            "raft_logs_level": "warning",
        },
        "raft_configuration": {
            "secure": "true",
            "server": [
                {"id": voter.keeper, "hostname": cluster.address(voter), "port": RAFT}
                for voter in keepers(cluster.nodes)
            ],
        },
    }


def _document(content: Mapping[str, Any], root: str = "clickhouse") -> str:
    element = ElementTree.Element(root)
    _fill(element, content)
    element.text = "\n"
    for child in element:  # one line per setting: indentation would exceed EC2's limit
        child.tail = "\n"
    return ElementTree.tostring(element, encoding="unicode").replace(" />", "/>") + "\n"


def _fill(element: ElementTree.Element, content: Any) -> None:
    if content is REMOVED:
        element.set("remove", "1")
    elif isinstance(content, FromEnvironment):
        element.set("from_env", content.variable)
    elif isinstance(content, Mapping):
        for key, value in content.items():
            if key.startswith("@"):
                element.set(key[1:], value)
                continue
            for item in value if isinstance(value, list) else [value]:
                _fill(ElementTree.SubElement(element, key), item)
    else:
        element.text = str(content)
