"""What a ClickHouse host does when it starts for the first time, pure: a `#cloud-config` document.

It carries no secret: the host fetches its secrets with its own role, at every start and once a
day, into a directory that exists in memory alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from components.clickhouse import cloud_config
from components.clickhouse.cloud_config import File
from components.clickhouse.config import CLUSTER, NATIVE

LARGEST = 16 * 1024
"""What EC2 takes."""
NAMESPACE = "NexusFlow/ClickHouse"
HOST = Path(__file__).parent / "scripts"
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
# The server's first start may fail until Keeper has its quorum: the tables are then made later.
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
    time: str
    """hh:mm in UTC."""
    shard: int


@dataclass(frozen=True)
class Host:
    """`device_id` is the volume's id, empty where the host keeps nothing; `versions` are those of
    the secrets, so that a host with other ones is another host."""

    name: str
    """Unique in the account: metrics carry it."""
    region: str
    version: str
    packages_bucket: str
    packages: Mapping[str, str]
    """Checksum by the package's name."""
    logins_arn: str
    certificate_arn: str
    backup_endpoint: str
    server_xml: str
    users_xml: str
    device_id: str = ""
    schema: str = ""
    """The statements that make the tables; none where there is no data."""
    backups: BackupPlan | None = None
    versions: tuple[str, ...] = field(default=())


def render(host: Host) -> str:
    files = [_boot(host), *_always(host), *(_of_data(host) if host.schema else [])]
    if host.backups is not None:
        files += _of_backups(host, host.backups)
    title = f"{host.name}; secrets {' '.join(host.versions)}"
    document = cloud_config.document(title, files, BOOT)
    size = len(document.encode())
    if size > LARGEST:
        raise ValueError(f"user data of {host.name}: {size} bytes, not {LARGEST}")
    return document


def package_file(name: str, version: str) -> str:
    """The file in the mirror, as ClickHouse publishes it."""
    return f"{name}-{version}.aarch64.rpm"


def _boot(host: Host) -> File:
    """It ends with the start of the units, whose files cloud-init has written before."""
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
    text = _filled(
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


def _always(host: Host) -> list[File]:
    secrets = _filled(
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


def _of_data(host: Host) -> list[File]:
    metrics = _filled("metrics.sh", namespace=NAMESPACE, host=host.name)
    return [
        File("/etc/nexusflow/events.sql", host.schema),
        File("/usr/local/sbin/nexusflow-schema", _filled("schema.sh"), PROGRAM),
        File(f"{UNITS}/nexusflow@.service", UNIT.format(region=host.region)),
        File("/usr/local/sbin/nexusflow-metrics", metrics, PROGRAM),
        File(f"{UNITS}/nexusflow@metrics.timer", _timer("What this host tells", "*:0/5")),
    ]


def _of_backups(host: Host, plan: BackupPlan) -> list[File]:
    script = _filled(
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


def _filled(name: str, **values: str) -> str:
    """A file of host/ without its comments, for which EC2 has no room."""
    text = COMMENT.sub("", (HOST / name).read_text("utf-8"))
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text
