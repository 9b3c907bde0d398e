"""Broken lines of the ClickHouse hosts."""

from __future__ import annotations

from tests.unit.config.broken import FOUNDATION, PRODUCTION, STAGING, Broken

CH = "nexusflow:clickhouse"
KEEPERS = "keepers: {count: 3"
VOLUME = "volume: {size_gb: 100, iops: 3000, throughput_mb_s: 125}"
STAGING_VOLUME = "volume: {size_gb: 20, iops: 3000, throughput_mb_s: 125}"

_ROWS: tuple[tuple[str, str, str, str], ...] = (
    (
        PRODUCTION,
        "version: 23.8.16.40",
        "version: 24.8.4.13",
        f"{CH}.version: 24.8.4.13 is not in the documented release line 23.8; write "
        "23.8.16.40, the last release of 23.8",
    ),
    (
        PRODUCTION,
        "version: 23.8.16.40",
        "version: 23.8-lts",
        f'{CH}.version: "23.8-lts": not of the right form; give the full version, such as '
        "23.8.16.40",
    ),
    (
        PRODUCTION,
        "instance_type: r6g.large",
        "instance_type: r6i.large",
        f"{CH}.instance_type: r6i.large is not a Graviton type listed in "
        "config/aws/instance_classes.yaml; did you mean r6g.large?",
    ),
    (
        PRODUCTION,
        "instance_type: r6g.large",
        "instance_type: r6g.lagre",
        f"{CH}.instance_type: r6g.lagre is not a Graviton type listed in "
        "config/aws/instance_classes.yaml; did you mean r6g.large?",
    ),
    (
        STAGING,
        "instance_type: m6g.large",
        "instance_type: t4g.small",
        f"{CH}.instance_type: t4g.small has 2 GiB, too little for ClickHouse; "
        "use a type with 4 GiB or more",
    ),
    (
        PRODUCTION,
        "keepers: {count: 3, instance_type: t4g.small}",
        "keepers: {count: 3, instance_type: t3.small}",
        f"{CH}.keepers.instance_type: t3.small is not a Graviton type listed in "
        "config/aws/instance_classes.yaml; did you mean t4g.small?",
    ),
    (
        PRODUCTION,
        KEEPERS,
        "keepers: {count: 2",
        f"{CH}.keepers.count: 2 Keepers tolerate no more failures than one fewer would; "
        "write 1 or 3",
    ),
    (
        PRODUCTION,
        KEEPERS,
        "keepers: {count: 1",
        f"{CH}.keepers.count: 2 replicas would all become read-only without their one "
        "Keeper; write 3, or replicas: 1",
    ),
    (
        PRODUCTION,
        "shards: 1\n    replicas: 2\n",
        "shards: 5\n    replicas: 2\n",
        f"{CH}.shards: 5 shards of 2 replicas are 10 hosts, whose addresses do not fit into "
        "EC2's user data; stay within 8 hosts with larger instance types and volumes",
    ),
    (
        PRODUCTION,
        "per_month: 10000000",
        "per_month: 100000000",
        f"{CH}.volume.size_gb: 100 GB, but 100,000,000 events per month x 13 months x 53 "
        "bytes = 68.9 GB, which may fill only 50% of a volume; write 138 or more, or raise "
        "shards, or lower events.retention_months",
    ),
    (
        PRODUCTION,
        "per_month: 10000000, retention_months: 12",
        "per_month: 10000000, retention_months: 0",
        f"{CH}.events.retention_months: 0: should be greater than or equal to 1; give months "
        "after which events are deleted, 1 to 120",
    ),
    (
        STAGING,
        STAGING_VOLUME,
        "volume: {size_gb: 20, iops: 12000, throughput_mb_s: 125}",
        f"{CH}.volume.iops: 12000 IOPS on 20 GB: gp3 allows 500 per GB; write 3000, or a "
        "larger size_gb",
    ),
    (
        PRODUCTION,
        "instance_type: r6g.large\n    shards: 1\n    replicas: 2\n    keepers: {count: 3, "
        f"instance_type: t4g.small}}\n    {VOLUME}",
        "instance_type: t4g.medium\n    shards: 1\n    replicas: 2\n    keepers: {count: 3, "
        "instance_type: t4g.small}\n    "
        "volume: {size_gb: 100, iops: 16000, throughput_mb_s: 125}",
        f"{CH}.volume.iops: 16000 IOPS on t4g.medium, which reaches at most 11800; write "
        "11800 or less, or use a larger instance_type",
    ),
    (
        PRODUCTION,
        VOLUME,
        "volume: {size_gb: 100, iops: 3000, throughput_mb_s: 1000}",
        f"{CH}.volume.throughput_mb_s: 1000 MB/s with 3000 IOPS: gp3 allows a quarter of the "
        "IOPS; lower it, or raise iops",
    ),
    (
        PRODUCTION,
        "retention_days: 35}\n    deletion_protection: {enabled: true}",
        "retention_days: 35}\n    deletion_protection: {enabled: false}",
        f"{CH}.deletion_protection.reason: deletion protection is off without a reason; say "
        "in one sentence why, or write enabled: true",
    ),
    (
        PRODUCTION,
        'backups: {time: "01:30", retention_days: 35}',
        'backups: {time: "25:30", retention_days: 35}',
        f'{CH}.backups.time: "25:30": not of the right form; '
        'give a quoted time of day in UTC, such as "01:30"',
    ),
    (
        PRODUCTION,
        "ami: ami-0abcdef1234567890",
        "ami: al2023-arm64",
        f'{CH}.ami: "al2023-arm64": not of the right form; '
        "give the id of an Amazon Linux 2023 image for arm64: ami-…",
    ),
)
FEW_ZONES = Broken(
    FOUNDATION,
    "availability_zones: [us-east-1a, us-east-1b, us-east-1c]",
    "availability_zones: [us-east-1a, us-east-1b]",
    f"{CH}.keepers.count: 3 in the foundation's 2 availability zones: one zone's failure "
    "would stop several of them; lower it, or give the foundation more availability_zones",
    named=PRODUCTION,
)
MORE_THAN_FEW = Broken(
    PRODUCTION,
    "shards: 1\n    replicas: 2\n",
    "shards: 1\n    replicas: 3\n",
    f"{CH}.replicas: 3 in the foundation's 2 availability zones: one zone's failure would stop "
    "several of them; lower it, or give the foundation more availability_zones",
)
"""Beside the FEW_ZONES."""
FAULTS = [*(Broken(*row) for row in _ROWS), FEW_ZONES]
UNCHECKED = (
    "packages: the checksum is all zeros, so hosts refuse to install "
    "clickhouse-common-static, clickhouse-server, clickhouse-client; "
    "upload the files to the mirror and write the sha256sum of each"
)
ALONE = Broken(
    PRODUCTION,
    "shards: 1\n    replicas: 2\n",
    "shards: 1\n    replicas: 1\n",
    f"{CH}.replicas: one replica: events are unavailable while their host is being replaced; "
    "write 2 and keepers: {count: 3, …}",
)
