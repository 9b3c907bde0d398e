"""Renders the user data of a ClickHouse host, a `#cloud-config` document that installs and starts
ClickHouse at the first boot. Pure functions.

User data contains no secrets: the host fetches them with its IAM role, at every boot and once a
day, into a directory in memory.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from components.clickhouse import cloud_config
from components.clickhouse.cloud_config import File
from components.clickhouse.config import CLUSTER, NATIVE

MAX_BYTES = 16 * 1024
"""EC2's limit for user data."""
NAMESPACE = "NexusFlow/ClickHouse"
"""The CloudWatch namespace of the metrics that hosts publish."""
SCRIPTS = Path(__file__).parent / "scripts"
COMMENT = re.compile(r"^ *#(?!!).*\n", re.MULTILINE)
BOOT = "/usr/local/sbin/nexusflow-boot"
UNITS = "/etc/systemd/system"
PROGRAM = "0700"
SECRETS_UNIT = """[Unit]
Description=Secrets of this host, in memory
Wants=network-online.target
After=network-online.target
[Service]
Type=oneshot
Environment=AWS_DEFAULT_REGION={region} AWS_RETRY_MODE=standard AWS_MAX_ATTEMPTS=10
RuntimeDirectory=nexusflow
RuntimeDirectoryMode=0711
RuntimeDirectoryPreserve=yes
ExecStart=/usr/local/sbin/nexusflow-secrets
"""
SERVER_DROP_IN = """[Unit]
Requires=nexusflow-secrets.service
After=nexusflow-secrets.service
RequiresMountsFor=/var/lib/clickhouse
[Service]
EnvironmentFile=/run/nexusflow/environment
Restart=always
RestartSec=10
"""
# Restarts on failure, because the server is not ready before Keeper has its quorum.
UNIT = """[Unit]
Description=NexusFlow's %i
Wants=clickhouse-server.service
After=clickhouse-server.service
StartLimitIntervalSec=0
[Service]
Type=oneshot
Restart=on-failure
RestartSec=60
Environment=AWS_DEFAULT_REGION={region}
ExecStart=/usr/local/sbin/nexusflow-%i
[Install]
WantedBy=multi-user.target
"""


def _timer(description: str, when: str) -> str:
    return (
        f"[Unit]\nDescription={description}\n[Timer]\nOnCalendar={when}\nPersistent=true\n"
        "[Install]\nWantedBy=timers.target\n"
    )


@dataclass(frozen=True)
class BackupPlan:
    """The daily backup of a shard, made by one of its replicas."""

    time: str
    """hh:mm in UTC."""
    shard: int


@dataclass(frozen=True)
class Host:
    """Everything that the user data of a host depends on."""

    name: str
    """The host's name, unique in the account. It is the dimension Host of its metrics."""
    region: str
    version: str
    packages_bucket: str
    packages: Mapping[str, str]
    """SHA-256 checksums by package name."""
    logins_arn: str
    certificate_arn: str
    backup_endpoint: str
    server_xml: str
    users_xml: str
    device_id: str = ""
    """The id of the data volume; empty for a host that runs Keeper only."""
    schema: str = ""
    """The statements that create the tables; empty for a host that runs Keeper only."""
    backups: BackupPlan | None = None
    versions: tuple[str, ...] = field(default=())
    """Versions of the secrets. User data contains them so that a new version replaces the host."""


def render(host: Host) -> str:
    """The user data. Raises ValueError if it exceeds EC2's limit."""
    files = [_boot_script(host), *_common_files(host), *(_data_files(host) if host.schema else [])]
    if host.backups is not None:
        files += _backup_files(host, host.backups)
    title = f"{host.name}; secrets {' '.join(host.versions)}"
    document = cloud_config.document(title, files, BOOT)
    size = len(document.encode())
    if size > MAX_BYTES:
        raise ValueError(f"user data of {host.name}: {size} bytes, EC2 allows {MAX_BYTES}")
    return document


def package_file(name: str, version: str) -> str:
    """The name of a package's file in the mirror, the same as in ClickHouse's repository."""
    return f"{name}-{version}.aarch64.rpm"


def _boot_script(host: Host) -> File:
    """The program that installs the packages, mounts the volume and starts the systemd units."""
    units = [
        *("nexusflow-secrets.timer", "clickhouse-server.service"),
        *(["nexusflow@schema.service", "nexusflow@metrics.timer"] if host.schema else []),
        *(["nexusflow@backup.timer"] if host.backups else []),
    ]
    device = (
        "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_" + host.device_id.replace("-", "")
        if host.device_id
        else ""
    )
    text = _script(
        "boot.sh",
        region=host.region,
        packages_bucket=host.packages_bucket,
        version=host.version,
        packages="\n".join(
            f"{checksum} {package_file(name, host.version)}"
            for name, checksum in host.packages.items()
        ),
        device=device,
        units=" ".join(units),
    )
    return File(BOOT, text, PROGRAM)


def _common_files(host: Host) -> list[File]:
    """Files of every host: ClickHouse's configuration, and the unit that fetches secrets."""
    secrets = _script(
        "secrets.txt",
        certificate_arn=host.certificate_arn,
        logins_arn=host.logins_arn,
        port=str(NATIVE),
    )
    return [
        File("/etc/clickhouse-server/config.d/nexusflow.xml", host.server_xml),
        File("/etc/clickhouse-server/users.d/nexusflow.xml", host.users_xml),
        File("/usr/local/sbin/nexusflow-secrets", secrets, PROGRAM),
        File(f"{UNITS}/nexusflow-secrets.service", SECRETS_UNIT.format(region=host.region)),
        File(f"{UNITS}/nexusflow-secrets.timer", _timer("Renewed certificates", "daily")),
        File(f"{UNITS}/clickhouse-server.service.d/nexusflow.conf", SERVER_DROP_IN),
    ]


def _data_files(host: Host) -> list[File]:
    """Files of hosts that hold data: table definitions and metrics."""
    metrics = _script("metrics.sh", namespace=NAMESPACE, host=host.name)
    return [
        File("/etc/nexusflow/events.sql", host.schema),
        File("/usr/local/sbin/nexusflow-schema", _script("schema.sh"), PROGRAM),
        File(f"{UNITS}/nexusflow@.service", UNIT.format(region=host.region)),
        File("/usr/local/sbin/nexusflow-metrics", metrics, PROGRAM),
        File(f"{UNITS}/nexusflow@metrics.timer", _timer("Metrics of this host", "*:0/5")),
    ]


def _backup_files(host: Host, plan: BackupPlan) -> list[File]:
    script = _script(
        "backup.sh",
        database=CLUSTER,
        endpoint=host.backup_endpoint,
        shard=f"shard-{plan.shard}",
        namespace=NAMESPACE,
        host=host.name,
    )
    timer = _timer("Daily backup", f"*-*-* {plan.time}:00 UTC")
    return [
        File("/usr/local/sbin/nexusflow-backup", script, PROGRAM),
        File(f"{UNITS}/nexusflow@backup.timer", timer),
    ]


def _script(name: str, **values: str) -> str:
    """A file of scripts/ with its @placeholders@ replaced. Comments are removed, because of EC2's
    limit for user data."""
    text = COMMENT.sub("", (SCRIPTS / name).read_text("utf-8"))
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text
