"""Broken lines of the PostgreSQL servers: sizes, parameters, windows and protection."""

from __future__ import annotations

from tests.unit.config.broken import PARAMETERS, PG, PRODUCTION, STAGING, Broken

MULTI_AZ = "multi_az: true\n"

FAULTS = [
    # storage
    Broken(
        STAGING,
        "allocated_gb: 100, iops: 3000",
        "allocated_gb: 100, iops: 12000",
        f"{PG}.storage.iops: 12000 IOPS on 100 GB: gp3 provides exactly 3000 below 400 GB; "
        "write 3000, or allocate 400 GB or more",
    ),
    Broken(
        PRODUCTION,
        "iops: 12000",
        "iops: 3000",
        f"{PG}.storage.iops: 3000 IOPS on 500 GB: gp3 provides at least 12000 from 400 GB; "
        "write 12000 to 64000",
    ),
    Broken(
        PRODUCTION,
        "iops: 12000",
        "iops: 30000",
        f"{PG}.storage.iops: 30000 IOPS on db.r6g.xlarge, which reaches at most 20000; write "
        "20000 or less, or use a larger instance_class",
    ),
    Broken(
        PRODUCTION,
        "iops: 12000",
        "iops: 12000, max_allocated_gb: 549",
        f"{PG}.storage.max_allocated_gb: 549 is less than 10 % above allocated_gb 500; "
        "write 550 or more, or leave it out",
    ),
    # class and memory
    Broken(
        PRODUCTION,
        'engine_version: "15"',
        'engine_version: "19"',
        f'{PG}.engine_version: 19 has no catalog of parameters in config/aws/; write "15", '
        "or add config/aws/postgres19.yaml",
    ),
    Broken(
        PRODUCTION,
        "instance_class: db.r6g.xlarge",
        "instance_class: db.r6i.xlarge",
        f"{PG}.instance_class: db.r6i.xlarge is not a Graviton class listed in "
        "config/aws/instance_classes.yaml; did you mean db.r6g.xlarge?",
    ),
    Broken(
        PRODUCTION,
        "instance_class: db.r6g.xlarge",
        "instance_class: db.m6g.large",
        f"{PG}.instance_class: 4 GiB shared_buffers + 200 connections x 64 MiB work_mem + "
        "3 autovacuum workers x 1 GiB maintenance_work_mem = 19.5 GiB, 2.44 times the 8 GiB of "
        "db.m6g.large; stay within 1.25 times: lower max_connections, work_mem or "
        "maintenance_work_mem, or use db.m6g.2xlarge (32 GiB)",
    ),
    Broken(
        PRODUCTION,
        MULTI_AZ,
        f'{MULTI_AZ}    replica_parameters: {{work_mem: {{value: "262144"}}}}\n',
        f"{PG}.replica_parameters: 4 GiB shared_buffers + 200 connections x 256 MiB work_mem + "
        "3 autovacuum workers x 1 GiB maintenance_work_mem = 57 GiB, 1.78 times the 32 GiB of "
        "db.r6g.xlarge; stay within 1.25 times: lower max_connections, work_mem or "
        "maintenance_work_mem, or use db.r6g.2xlarge (64 GiB)",
    ),
    # parameters
    Broken(
        PRODUCTION,
        MULTI_AZ,
        f'{MULTI_AZ}    parameters: {{work_men: {{value: "1", apply_method: immediate}}}}\n',
        f"{PG}.parameters.work_men: PostgreSQL 15 on RDS has no modifiable parameter of "
        "this name; did you mean work_mem?",
    ),
    Broken(
        PARAMETERS,
        'work_mem: {value: "65536"',
        'work_mem: {value: "64MB"',
        'work_mem.value: "64MB" is not a valid value; write a whole number from 64 to 2147483647',
    ),
    Broken(
        PARAMETERS,
        "password_encryption: {value: scram-sha-256",
        "password_encryption: {value: scram",
        'password_encryption.value: "scram" is not a valid value; write one of md5, scram-sha-256',
    ),
    Broken(
        PARAMETERS,
        'max_connections: {value: "200", apply_method: pending-reboot',
        'max_connections: {value: "200", apply_method: immediate',
        "max_connections.apply_method: immediate, but the parameter is static; write "
        "pending-reboot: AWS refuses immediate for static parameters",
    ),
    Broken(
        PRODUCTION,
        MULTI_AZ,
        f'{MULTI_AZ}    replica_parameters: {{jit: {{value: "0"}}}}\n',
        f"{PG}.replica_parameters.jit: no apply_method, and the primary has no such "
        "parameter to inherit it from; add apply_method: immediate or pending-reboot",
    ),
    Broken(
        PRODUCTION,
        MULTI_AZ,
        f'{MULTI_AZ}    replica_parameters: {{max_connections: {{value: "100"}}}}\n',
        f"{PG}.replica_parameters.max_connections: 100 is less than the primary's 200: such "
        "a standby shuts down; write 200 or more",
    ),
    # protection, windows, retention
    Broken(
        PRODUCTION,
        "deletion_protection: {enabled: true}\n  nexusflow:private_dns_zone:",
        "deletion_protection: {enabled: false}\n  nexusflow:private_dns_zone:",
        f"{PG}.deletion_protection.reason: deletion protection is off without a reason; say "
        "in one sentence why, or write enabled: true",
    ),
    Broken(
        PRODUCTION,
        "03:00-04:00",
        "03:00-03:20",
        f"{PG}.backup_window: 03:00-03:20 is shorter than 30 minutes; "
        'write 30 minutes or more, such as "03:00-04:00"',
    ),
    Broken(
        PRODUCTION,
        "sun:04:30-sun:05:30",
        "sun:04:30-sun:04:59",
        f"{PG}.maintenance_window: sun:04:30-sun:04:59 is shorter than 30 minutes; "
        'write 30 minutes or more, such as "sun:04:30-sun:05:30"',
    ),
    Broken(
        PRODUCTION,
        "sun:04:30-sun:05:30",
        "sun:03:59-sun:05:00",
        f"{PG}.maintenance_window: sun:03:59-sun:05:00 overlaps backup_window 03:00-04:00; "
        "move one of them: AWS refuses overlapping windows",
    ),
    Broken(
        PRODUCTION,
        "performance_insights_days: 7",
        "performance_insights_days: 30",
        f"{PG}.monitoring.performance_insights_days: Performance Insights has no retention of 30 "
        "days; write 7, a multiple of 31 up to 713, or 731",
    ),
    Broken(
        PRODUCTION,
        "upgrade]\n    log_retention_days: 90",
        "upgrade]\n    log_retention_days: 100",
        f"{PG}.log_retention_days: CloudWatch Logs has no retention of 100 days; write 90 or 120",
    ),
    Broken(
        PRODUCTION,
        "[postgresql, upgrade]",
        "[postgresql, postgresql]",
        f"{PG}.log_exports: postgresql is listed twice; list each log once",
    ),
]
