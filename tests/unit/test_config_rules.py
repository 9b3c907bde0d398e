"""Environment files with one broken line: each rule refuses its own, in one line, with code 2."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config import catalogues, rules
from config.faults import Fault
from config.rule import Rule
from ops.cli import app
from tests.unit import (
    broken_alarms,
    broken_backups,
    broken_redis,
    clickhouse_faults,
    pgbouncer_faults,
)
from tests.unit.broken import Broken

ROOT = Path(__file__).resolve().parents[2]
FILES = [
    *(f"Pulumi.{environment}.yaml" for environment in ("production", "staging")),
    *(f"foundation/Pulumi.{environment}.yaml" for environment in ("production", "staging")),
]
PRODUCTION, STAGING = FILES[0], FILES[1]
FOUNDATION = FILES[2]
ACCESS, PARAMETERS = "config/access.yaml", "config/postgres_parameters.yaml"
CLASSES, POOLS = "config/instance_classes.yaml", "config/pgbouncer.yaml"


CLIENTS = "nexusflow:clients: {cidrs: []"
ZONE = "nexusflow:zone: {name: nexusflow.internal}"
MULTI_AZ = "multi_az: true\n"
OWN_NETWORK = (ROOT / FOUNDATION).read_text("utf-8").partition("network:\n")[2]
OWN_NETWORK = OWN_NETWORK.partition("  nexusflow-foundation:")[0]
EXISTING = """    availability_zones: [us-east-1a, us-east-1b]
    existing:
      vpc_id: vpc-0a
      vpc_cidr: 10.20.0.0/16
      subnet_ids: {private: [subnet-1, subnet-2], data: [subnet-3, subnet-4]}
"""
NETWORK_IDS = """  nexusflow:network:
    {vpc_id: vpc-0a, vpc_cidr: 10.99.0.0/16, data_subnet_ids: [subnet-1, subnet-2],
     private_subnet_ids: [subnet-5, subnet-6],
     repository_url: 123456789012.dkr.ecr.us-east-1.amazonaws.com/pgbouncer,
     availability_zones: [us-east-1a, us-east-1b], packages_bucket: our-packages}
"""
PEER = 'vpc_id: vpc-0a, account_id: "123456789012", region: us-east-1'
PG, NET = "nexusflow:postgres", "nexusflow-foundation:network"
TLS = "nexusflow:certificates"

FILE_FAULTS = [
    *(Broken(*row) for row in clickhouse_faults.FAULTS),
    Broken(*clickhouse_faults.FEW_ZONES, named=PRODUCTION),
    Broken(PRODUCTION, "config:\n", "confg:\n", "confg: unknown key; did you mean config?"),
    Broken(
        PRODUCTION,
        "aws:region: us-east-1",
        "aws:region: us-east-1\n  aws:region: us-west-1",
        "line 2: not valid YAML: the key aws:region is stated twice; correct it as YAML",
    ),
    Broken(
        PRODUCTION,
        ZONE,
        "nexusflow:zone: {name: nexusflow.internal",
        "line 28: not valid YAML: expected ',' or '}', but got '?'; correct it as YAML",
    ),
    Broken(
        PRODUCTION,
        ZONE,
        "nexusflow:zone: {secure: AAABAA==}",
        "nexusflow:zone: an encrypted value; leave it out: secrets are generated",
    ),
    Broken(
        PRODUCTION,
        "aws:region",
        "aws:regin",
        "aws:regin: unknown key; did you mean region?",
    ),
    Broken(
        PRODUCTION,
        "nexusflow:zone",
        "nexusflow:zones",
        "nexusflow:zones: unknown key; did you mean zone?",
    ),
    Broken(
        FOUNDATION,
        "flow_logs",
        "flowlogs",
        f"{NET}.flowlogs: unknown key; did you mean flow_logs?",
    ),
]
VALUE_FAULTS = [
    Broken(
        PRODUCTION,
        "recovery_region: us-west-2",
        "recovery_region: oregon",
        'nexusflow:recovery_region: "oregon": not of the right form; give the AWS region that '
        "backups are copied to, such as us-west-2",
    ),
    Broken(
        PRODUCTION,
        "interval_s: 60",
        "interval_s: 20",
        f"{PG}.monitoring.interval_s: 20 is not allowed; use 1, 5, 10, 15, 30 or 60",
    ),
    Broken(
        PRODUCTION,
        "[postgresql, upgrade]",
        "[postgresql, audit]",
        f"{PG}.log_exports.1: \"audit\" is not allowed; use 'postgresql' or 'upgrade'",
    ),
    Broken(
        PRODUCTION,
        "replicas: {count: 2}",
        "replicas: {count: 16}",
        f"{PG}.replicas.count: 16: should be less than or equal to 15; give how many read "
        "replicas the primary has, 0 to 15",
    ),
    Broken(
        PRODUCTION,
        "backup_retention_days: 7",
        "backup_retention_days: 0",
        f"{PG}.backup_retention_days: 0: should be greater than or equal to 1; give days of "
        "automated backups and point-in-time recovery, 1 to 35: replicas need them too",
    ),
    Broken(
        PRODUCTION,
        "secret_recovery_days: 30",
        "secret_recovery_days: 31",
        "nexusflow:access.secret_recovery_days: 31: should be less than or equal to 30; give days "
        "in which a deleted secret can be restored, 7 to 30",
    ),
    Broken(
        PRODUCTION,
        ZONE,
        "nexusflow:zone: {name: nexusflow}",
        'nexusflow:zone.name: "nexusflow": not of the right form; give a private domain name, such '
        "as nexusflow.internal",
    ),
    Broken(
        PRODUCTION,
        "security_groups: []",
        "security_groups: [web]",
        'nexusflow:clients.security_groups.0: "web": not of the right form; give the id of a '
        "security group: sg-…",
    ),
    Broken(
        FOUNDATION,
        "gateway: [s3]",
        "gateway: [s4]",
        f"{NET}.endpoints.gateway.0: \"s4\" is not allowed; use 's3' or 'dynamodb'",
    ),
    Broken(
        FOUNDATION,
        "secretsmanager",
        "secretmanager",
        f'{NET}.endpoints.interface.0: "secretmanager" is not allowed; did you mean '
        "secretsmanager?",
    ),
    Broken(
        FOUNDATION,
        "peering: []",
        "peering: [{name: office, cidr: 10.40.0.0/16, vpc_id: vpc-0a, region: us-east-1}]",
        f"{NET}.peering.0.account_id: missing; give a quoted 12-digit account number",
    ),
    Broken(
        FOUNDATION,
        "us-east-1c]",
        "us-east-1C]",
        f'{NET}.availability_zones.2: "us-east-1C": not of the right form; give an availability '
        "zone, such as us-east-1a",
    ),
    Broken(
        FOUNDATION,
        "peering: []",
        "peering: []\n    subnets: {web: {us-east-1a: 10.20.64.0/22}}",
        f"{NET}.subnets.web: \"web\" is not allowed; use 'private', 'data' or 'public'",
    ),
    Broken(
        ACCESS,
        "nexusflow_readonly:",
        "nexusflow-readonly:",
        'roles.nexusflow-readonly: "nexusflow-readonly": not of the right form; give a lower-case '
        "name of at most 63 characters",
    ),
    Broken(
        ACCESS,
        "database: nexusflow\n",
        f"database: {'n' * 64}\n",
        f'database: "{"n" * 64}": not of the right form; give a lower-case name of at most 63 '
        "characters",
    ),
    Broken(
        ACCESS,
        "connection_limit: 140",
        "connection_limits: 140",
        "roles.nexusflow_app.connection_limits: unknown key; did you mean connection_limit?",
    ),
    Broken(
        ACCESS,
        "tables: {public: [SELECT]}",
        "tables: {public: [TRUNCATE]}",
        'roles.nexusflow_readonly.grants.tables.public.0: "TRUNCATE" is not allowed; use '
        "'SELECT', 'INSERT', 'UPDATE' or 'DELETE'",
    ),
    Broken(
        ACCESS,
        "  public.users:",
        "  users:",
        'tables.users: "users": not of the right form; give schema and table, such as '
        "public.contacts",
    ),
    Broken(
        ACCESS,
        "comes with every database",
        "why not",
        'ignored.extension:plpgsql: "why not": too short; give '
        "the reason in words, of at least 10 characters",
    ),
    Broken(
        PARAMETERS,
        "random_page_cost: {value: ",
        "random_page_cost: {valu: ",
        "random_page_cost.valu: unknown key; did you mean value?",
    ),
    Broken(
        CLASSES,
        "db.r6g.large: {vcpu: 2, memory_gib: 16",
        "db.r6g.large: {vcpu: 2, memory_gib: 0",
        "db.r6g.large.memory_gib: 0: should be greater than 0; give the memory in GiB",
    ),
]
RULE_FAULTS = [
    # every stack
    Broken(
        PRODUCTION,
        "Environment: production",
        "Environment: prod",
        "aws:defaultTags.tags.Environment: the tag is not this stack's name; "
        "write Environment: production",
    ),
    Broken(
        FOUNDATION,
        "Stack: nexusflow-foundation",
        "Stack: nexusflow",
        "aws:defaultTags.tags.Stack: the tag is not this project's name; "
        "write Stack: nexusflow-foundation",
    ),
    Broken(
        PRODUCTION,
        "ManagedBy: pulumi",
        "aws:by: pulumi",
        "aws:defaultTags.tags.aws:by: aws: is AWS's own prefix; drop the prefix",
    ),
    Broken(
        PRODUCTION,
        "ManagedBy: pulumi",
        f"ManagedBy: {'p' * 257}",
        "aws:defaultTags.tags.ManagedBy: 9 and 257 characters; "
        "write at most 128 for the name and 256 for the value",
    ),
    Broken(
        FOUNDATION,
        "ManagedBy: pulumi",
        f"{'m' * 129}: pulumi",
        f"aws:defaultTags.tags.{'m' * 129}: 129 and 6 characters; "
        "write at most 128 for the name and 256 for the value",
    ),
    Broken(
        PRODUCTION,
        "recovery_region: us-west-2",
        "recovery_region: us-east-1",
        "nexusflow:recovery_region: us-east-1 is the stack's own region; "
        "name another: what is lost with a region must not be in it twice",
    ),
    # storage
    Broken(
        STAGING,
        "allocated_gb: 100, iops: 3000",
        "allocated_gb: 100, iops: 12000",
        f"{PG}.storage.iops: 12000 IOPS on 100 GB: gp3 gives exactly 3000 below 400 GB; "
        "write 3000, or allocate 400 GB or more",
    ),
    Broken(
        PRODUCTION,
        "iops: 12000",
        "iops: 3000",
        f"{PG}.storage.iops: 3000 IOPS on 500 GB: gp3 begins at 12000 from 400 GB; "
        "write 12000 to 64000",
    ),
    Broken(
        PRODUCTION,
        "iops: 12000",
        "iops: 30000",
        f"{PG}.storage.iops: 30000 IOPS on db.r6g.xlarge, which reaches 20000 at the most; "
        "write 20000 or less, or take a larger instance_class",
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
        f"{PG}.engine_version: 19 has no catalogue of parameters in config/; "
        'write "15", or add config/postgres19.yaml',
    ),
    Broken(
        PRODUCTION,
        "instance_class: db.r6g.xlarge",
        "instance_class: db.r6i.xlarge",
        f"{PG}.instance_class: db.r6i.xlarge is no Graviton class of config/instance_classes.yaml; "
        "did you mean db.r6g.xlarge?",
    ),
    Broken(
        PRODUCTION,
        "instance_class: db.r6g.xlarge",
        "instance_class: db.m6g.large",
        f"{PG}.instance_class: 4 GiB shared_buffers + 200 connections x 64 MiB work_mem + "
        "3 autovacuum workers x 1 GiB maintenance_work_mem = 19.5 GiB, 2.44 times the 8 GiB of "
        "db.m6g.large; stay within 1.25 times: lower max_connections, work_mem or "
        "maintenance_work_mem, or take db.m6g.2xlarge (32 GiB)",
    ),
    Broken(
        PRODUCTION,
        MULTI_AZ,
        f'{MULTI_AZ}    replica_parameters: {{work_mem: {{value: "262144"}}}}\n',
        f"{PG}.replica_parameters: 4 GiB shared_buffers + 200 connections x 256 MiB work_mem + "
        "3 autovacuum workers x 1 GiB maintenance_work_mem = 57 GiB, 1.78 times the 32 GiB of "
        "db.r6g.xlarge; stay within 1.25 times: lower max_connections, work_mem or "
        "maintenance_work_mem, or take db.r6g.2xlarge (64 GiB)",
    ),
    # parameters
    Broken(
        PRODUCTION,
        MULTI_AZ,
        f'{MULTI_AZ}    parameters: {{work_men: {{value: "1", apply_method: immediate}}}}\n',
        f"{PG}.parameters.work_men: PostgreSQL 15 on RDS has no such parameter to set; "
        "did you mean work_mem?",
    ),
    Broken(
        PARAMETERS,
        'work_mem: {value: "65536"',
        'work_mem: {value: "64MB"',
        'work_mem.value: "64MB" is not admitted; write a whole number from 64 to 2147483647',
    ),
    Broken(
        PARAMETERS,
        "password_encryption: {value: scram-sha-256",
        "password_encryption: {value: scram",
        'password_encryption.value: "scram" is not admitted; write one of md5, scram-sha-256',
    ),
    Broken(
        PARAMETERS,
        'max_connections: {value: "200", apply_method: pending-reboot',
        'max_connections: {value: "200", apply_method: immediate',
        "max_connections.apply_method: immediate, but the parameter is static; "
        "write pending-reboot: AWS refuses anything else",
    ),
    Broken(
        PRODUCTION,
        MULTI_AZ,
        f'{MULTI_AZ}    replica_parameters: {{jit: {{value: "0"}}}}\n',
        f"{PG}.replica_parameters.jit: no apply_method, and the primary has no such row to take it "
        "from; add apply_method: immediate or pending-reboot",
    ),
    Broken(
        PRODUCTION,
        MULTI_AZ,
        f'{MULTI_AZ}    replica_parameters: {{max_connections: {{value: "100"}}}}\n',
        f"{PG}.replica_parameters.max_connections: 100 is less than the primary's 200: a standby "
        "with less stops; write 200 or more",
    ),
    # protection, windows, retention
    Broken(
        PRODUCTION,
        "deletion_protection: {enabled: true}\n  nexusflow:access:",
        "deletion_protection: {enabled: false}\n  nexusflow:access:",
        f"{PG}.deletion_protection.reason: the protection is off without a reason; "
        "say in one sentence why, or write enabled: true",
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
    # access
    Broken(
        ACCESS,
        "master: {name: nexusflow_master",
        "master: {name: admin",
        "master.name: admin is a name of PostgreSQL's, of RDS's, or the first that is guessed; "
        "choose another, such as nexusflow_admin",
    ),
    Broken(
        ACCESS,
        "schemas: [workflow",
        "schemas: [pg_flow, workflow",
        "schemas.0: pg_flow is a name of PostgreSQL's, of RDS's, or the first that is guessed; "
        "choose another, such as nexusflow_pg_flow",
    ),
    Broken(
        ACCESS,
        "connection_limit: 140",
        "connection_limit: 180",
        "roles: connection limits of 220 in all, of max_connections 200 less 15 reserved; "
        "lower connection_limit or raise postgres.parameters.max_connections",
    ),
    Broken(
        ACCESS,
        "master: {name: nexusflow_master",
        "master: {name: nexusflow_app",
        "roles.nexusflow_app: nexusflow_app is the master user; give the role a name of its own",
    ),
    Broken(
        ACCESS,
        "owner: nexusflow_migrator",
        "owner: nexusflow_app",
        "owner: nexusflow_app logs in, and the owner of the tables must not; "
        "name a role of its own, such as nexusflow_migrator",
    ),
    Broken(
        ACCESS,
        "connection_limit: 140",
        "connection_limit: 140\n    member_of: [pg_monitr]",
        "roles.nexusflow_app.member_of.0: pg_monitr is no role of the stack, nor one that an RDS "
        "master may grant; did you mean pg_monitor?",
    ),
    Broken(
        ACCESS,
        "connection_limit: 140",
        "connection_limit: 140\n    member_of: [nexusflow_app]",
        "roles.nexusflow_app.member_of: the memberships lead back to nexusflow_app; "
        "take the role out of the circle",
    ),
    Broken(
        ACCESS,
        "default_transaction_read_only:",
        "default_transaction_readonly:",
        "roles.nexusflow_readonly.settings.default_transaction_readonly: PostgreSQL has no such "
        "setting; did you mean default_transaction_read_only?",
    ),
    Broken(
        ACCESS,
        "default_privileges: [public]",
        "default_privileges: [publik]",
        "default_privileges.0: publik is not one of the schemas; did you mean public?",
    ),
    Broken(
        ACCESS,
        "tables: {public: [SELECT]}",
        "tables: {publik: [SELECT]}",
        "roles.nexusflow_readonly.grants.tables.publik: publik is not one of the schemas; "
        "did you mean public?",
    ),
    Broken(
        ACCESS,
        "extensions: [pg_trgm",
        "extensions: [pg_trmg",
        "extensions.0: RDS for PostgreSQL has no extension pg_trmg that its master may create; "
        "did you mean pg_trgm?",
    ),
    Broken(
        ACCESS,
        "extensions: [pg_trgm",
        "extensions: [pg_cron",
        "extensions.0: shared_preload_libraries lacks pg_cron, without which the extension "
        "does nothing; add it to postgres.parameters.shared_preload_libraries",
    ),
    Broken(
        ACCESS,
        "schemas: [workflow, analytics, audit]",
        "schemas: [workflow, analytics, audit, audit]",
        "schemas: audit is listed twice; list each once",
    ),
    Broken(
        ACCESS,
        "tables: {public: [SELECT]}",
        "tables: {public: [SELECT, SELECT]}",
        "roles.nexusflow_readonly.grants.tables.public: SELECT is listed twice; list each once",
    ),
    Broken(
        ACCESS,
        "writers: [nexusflow_admin]",
        "writers: [nexusflow_admn]",
        "tables.public.plans.writers.0: nexusflow_admn is not one of the roles; "
        "did you mean nexusflow_admin?",
    ),
    Broken(
        ACCESS,
        "public.users: {tenant: organization_id}",
        "public.users: {tenant: organization_id, writers: [nexusflow_app]}",
        "tables.public.users.writers: stated for a table whose rows belong to a tenant by "
        "organization_id; leave it out: grants say who writes there, and each its own rows",
    ),
    # who may reach the data
    Broken(
        PRODUCTION,
        CLIENTS,
        "nexusflow:clients: {cidrs: [0.0.0.0/0]",
        "nexusflow:clients.cidrs.0: 0.0.0.0/0 is not a private range; "
        "write a private network address with its prefix, such as 10.40.0.0/16",
    ),
    Broken(
        PRODUCTION,
        CLIENTS,
        "nexusflow:clients: {cidrs: [10.40.0.1/16]",
        "nexusflow:clients.cidrs.0: 10.40.0.1/16 is no IPv4 network; "
        "write a private network address with its prefix, such as 10.40.0.0/16",
    ),
    Broken(
        PRODUCTION,
        CLIENTS,
        "nexusflow:clients: {cidrs: [10.40.0.0/16, 10.40.8.0/24]",
        "nexusflow:clients.cidrs.0: 10.40.0.0/16 overlaps 10.40.8.0/24; list each address once",
    ),
    Broken(
        PRODUCTION,
        f"  {CLIENTS}",
        f"{NETWORK_IDS}  nexusflow:clients: {{cidrs: [10.99.0.0/16]",
        "nexusflow:clients.cidrs.0: 10.99.0.0/16 lets in the whole VPC 10.99.0.0/16; "
        "list the ranges or the security groups of those who connect to a store directly",
    ),
    Broken(
        PRODUCTION,
        "security_groups: []",
        "security_groups: [sg-0a, sg-0a]",
        "nexusflow:clients.security_groups: sg-0a is listed twice; list each group once",
    ),
    Broken(
        PRODUCTION,
        ZONE,
        f"nexusflow:zone: {{name: {'n' * 64}.internal}}",
        f"nexusflow:zone.name: the label {'n' * 64} has more than 63 characters; shorten it",
    ),
    Broken(
        PRODUCTION,
        f"  {ZONE}",
        f"{NETWORK_IDS}  nexusflow:foundation: acme/other/production\n  {ZONE}",
        "nexusflow:network: stated beside nexusflow:foundation; "
        "keep one of the two: values, or the stack that has them",
    ),
    Broken(
        PRODUCTION,
        f"  {ZONE}",
        f"{NETWORK_IDS.replace('10.99.0.0/16', '10.99.0.1/16')}  {ZONE}",
        "nexusflow:network.vpc_cidr: 10.99.0.1/16 is no IPv4 network; "
        "write the VPC's range, such as 10.20.0.0/16",
    ),
    Broken(
        PRODUCTION,
        f"  {ZONE}",
        f"{NETWORK_IDS.replace('subnet-2', 'subnet-1')}  {ZONE}",
        "nexusflow:network.data_subnet_ids: subnet-1 is listed twice; list each subnet once",
    ),
    Broken(
        PRODUCTION,
        f"  {ZONE}",
        f"{NETWORK_IDS.replace('subnet-6', 'subnet-5')}  {ZONE}",
        "nexusflow:network.private_subnet_ids: subnet-5 is listed twice; list each subnet once",
    ),
    # certificates
    Broken(
        PRODUCTION,
        "authority: {generation: 1",
        "authority: {generation: 2",
        f"{TLS}.authority.trusted: generation 2, which signs, is not trusted; "
        "list it too: what it signs would be refused everywhere",
    ),
    Broken(
        PRODUCTION,
        "trusted: [1]",
        "trusted: [1, 1]",
        f"{TLS}.authority.trusted: 1 is listed twice; list each generation once",
    ),
    Broken(
        PRODUCTION,
        "validity_days: 365, renewal_days: 60",
        "validity_days: 365, renewal_days: 365",
        f"{TLS}.issued.renewal_days: 365 days before the end of 365: every `up` would renew; "
        "write fewer days than validity_days",
    ),
    Broken(
        PRODUCTION,
        "renewal_days: 730",
        "renewal_days: 90",
        f"{TLS}.authority.renewal_days: issued certificates hold 365 days and would outlive the "
        "authority, renewed 90 days before its end; write 365 or more",
    ),
    Broken(
        PRODUCTION,
        "renewal_days: 60",
        "renewal_days: 30",
        f"{TLS}.issued.renewal_days: renewal 30 days before the end comes after the alarm, which "
        "rings at 30; write 31 or more, such as 60",
    ),
    Broken(
        PRODUCTION,
        "validity_days: 365,",
        "validity_days: 10000,",
        f"{TLS}.issued.validity_days: 10000: should be less than or equal to 825; give days that "
        "an issued certificate holds, 60 to 825",
    ),
    Broken(
        PRODUCTION,
        "nexusflow:certificates:\n",
        "nexusflow:certificates:\n    clients: [api, api]\n",
        f"{TLS}.clients: api is listed twice; list each client once",
    ),
    Broken(
        PRODUCTION,
        "nexusflow:certificates:\n",
        "nexusflow:certificates:\n    clients: [pgbouncer]\n",
        f"{TLS}.clients: pgbouncer is a server's own name; name the application that connects, "
        "such as nexusflow-api",
    ),
    # who may read secrets, and the way in for people
    Broken(
        PRODUCTION,
        "- role/nexusflow-production-deploy",
        '- "role/*"',
        "nexusflow:secrets.administrators: role/* is everyone of the account; "
        "name the roles, or a part of their names",
    ),
    Broken(
        PRODUCTION,
        "- role/nexusflow-production-deploy",
        "- role/deploy\n      - role/deploy",
        "nexusflow:secrets.administrators: role/deploy is listed twice; list each once",
    ),
    Broken(
        PRODUCTION,
        "nexusflow:secrets:\n",
        "nexusflow:secrets:\n    readers: {nexusflow_ap: [role/nexusflow-api]}\n",
        "nexusflow:secrets.readers.nexusflow_ap: nexusflow_ap is neither a role of "
        "config/access.yaml nor tls- and a client; "
        "did you mean nexusflow_app?",
    ),
    Broken(
        PRODUCTION,
        "- role/nexusflow-production-deploy",
        "- nexusflow-production-deploy",
        'nexusflow:secrets.administrators.0: "nexusflow-production-deploy": not of the right form; '
        "give a role or user of this account, such as role/nexusflow-api",
    ),
    Broken(
        PRODUCTION,
        "{hours: 8, log_retention_days: 365}",
        "{hours: 8, log_retention_days: 300}",
        "nexusflow:access_task.log_retention_days: CloudWatch Logs has no retention of 300 days; "
        "write 180 or 365",
    ),
    Broken(
        PRODUCTION,
        "{hours: 8,",
        "{hours: 48,",
        "nexusflow:access_task.hours: 48: should be less than or equal to 24; give hours after "
        "which a task that was forgotten ends, 1 to 24",
    ),
    # the foundation's network
    Broken(
        FOUNDATION,
        "    nat: per_az\n",
        "",
        f"{NET}.nat: missing; give none, single or per_az: how private subnets reach the internet",
    ),
    Broken(
        FOUNDATION,
        OWN_NETWORK,
        f"{EXISTING}    nat: none\n",
        f"{NET}.nat: stated beside existing, whose owner decides it; "
        "leave it out, or leave out existing",
    ),
    Broken(
        FOUNDATION,
        OWN_NETWORK,
        EXISTING.replace("10.20.0.0/16", "10.20.0.0/8"),
        f"{NET}.existing.vpc_cidr: 10.20.0.0/8 is no IPv4 network; "
        "write the VPC's range, such as 10.20.0.0/16",
    ),
    Broken(
        FOUNDATION,
        OWN_NETWORK,
        EXISTING.replace("subnet-4", "subnet-1"),
        f"{NET}.existing.subnet_ids: subnet-1 is listed twice; list each subnet once, in one tier",
    ),
    Broken(
        FOUNDATION,
        "cidr: 10.20.0.0/16\n",
        "cidr: 10.20.0.0/24\n",
        f"{NET}.cidr: 10.20.0.0/24 is not a private IPv4 network of /16 to /20; "
        "write a network address with its prefix, such as 10.20.0.0/16",
    ),
    Broken(
        FOUNDATION,
        "us-east-1c]",
        "us-west-2c]",
        f"{NET}.availability_zones: us-west-2c lies outside us-east-1; "
        "list zones of us-east-1 only, or change aws:region",
    ),
    Broken(
        FOUNDATION,
        "us-east-1c]",
        "us-east-1a]",
        f"{NET}.availability_zones: us-east-1a is listed twice; list each zone once",
    ),
    Broken(
        FOUNDATION,
        "peering: []",
        "peering: []\n    subnets: {data: {us-east-1a: 10.20.64.1/22}}",
        f"{NET}.subnets.data.us-east-1a: 10.20.64.1/22 is no IPv4 network; "
        "write a network address with its prefix, such as 10.20.64.0/22",
    ),
    Broken(
        FOUNDATION,
        "peering: []",
        "peering: []\n    subnets: {data: {us-east-1d: 10.20.224.0/22}}",
        f"{NET}.subnets.data.us-east-1d: us-east-1d is not one of availability_zones; "
        "name one of the zones, or list it there",
    ),
    Broken(
        FOUNDATION,
        "peering: []",
        "peering: []\n    subnets: {data: {us-east-1a: 10.30.64.0/22}}",
        f"{NET}.subnets.data.us-east-1a: 10.30.64.0/22 lies outside the VPC's 10.20.0.0/16; "
        "write a range inside it",
    ),
    Broken(
        FOUNDATION,
        "peering: []",
        "peering: []\n    subnets: {data: {us-east-1a: 10.20.72.0/22}}",
        f"{NET}.subnets.data.us-east-1a: 10.20.72.0/22 overlaps 10.20.72.0/21 of data.us-east-1b; "
        "write a range that is free, or move the other one too",
    ),
    Broken(
        FOUNDATION,
        "peering: []",
        "peering: []\n    subnets: {private: {us-east-1a: 10.20.192.0/27}}",
        f"{NET}.subnets.private.us-east-1a: 10.20.192.0/27 has 27 usable addresses, 41 are needed; "
        "write a /26 or larger",
    ),
    Broken(
        FOUNDATION,
        "gateway: [s3]",
        "gateway: [s3, s3]",
        f"{NET}.endpoints.gateway: s3 is listed twice; list each service once",
    ),
    Broken(
        FOUNDATION,
        "interface: [",
        "interface: [kms, ",
        f"{NET}.endpoints.interface: kms is listed twice; list each service once",
    ),
    Broken(
        FOUNDATION,
        "retention_days: 90",
        "retention_days: 10000",
        f"{NET}.flow_logs.retention_days: CloudWatch Logs has no retention of 10000 days; "
        "write 3653",
    ),
    Broken(
        FOUNDATION,
        "peering: []",
        f"peering: [{{name: a, cidr: 10.40.0.0/16, {PEER}}}, "
        f"{{name: a, cidr: 10.41.0.0/16, {PEER}}}]",
        f"{NET}.peering: a names two peers; give each a name of its own: it is the name of a "
        "resource",
    ),
    Broken(
        FOUNDATION,
        "peering: []",
        f"peering: [{{name: a, cidr: 8.8.8.0/24, {PEER}}}]",
        f"{NET}.peering.0.cidr: 8.8.8.0/24 is no private IPv4 network; "
        "write a network address with its prefix, such as 10.40.0.0/16",
    ),
    Broken(
        FOUNDATION,
        "peering: []",
        f"peering: [{{name: a, cidr: 10.20.128.0/20, {PEER}}}]",
        f"{NET}.peering.0.cidr: 10.20.128.0/20 overlaps the VPC's 10.20.0.0/16; "
        "peer networks whose ranges differ: AWS can't route between equal addresses",
    ),
    # both files of an environment
    Broken(
        PRODUCTION,
        "aws:region: us-east-1",
        "aws:region: eu-west-1",
        "aws:region: eu-west-1, but the foundation's is us-east-1; "
        "write the same in both files: databases live in the foundation's network",
    ),
    Broken(
        PRODUCTION,
        '["123456789012"]',
        '["210987654321"]',
        "aws:allowedAccountIds: 210987654321, but the foundation's is 123456789012; "
        "write the same in both files: databases live in the foundation's network",
    ),
    Broken(
        PRODUCTION,
        CLIENTS,
        "nexusflow:clients: {cidrs: [10.0.0.0/8]",
        "nexusflow:clients.cidrs.0: 10.0.0.0/8 lets in the whole VPC 10.20.0.0/16; "
        "list the ranges or the security groups of those who connect to a store directly",
    ),
]

POOLER_FAULTS = [Broken(*row) for row in pgbouncer_faults.ROWS]
FAULTS = [*FILE_FAULTS, *VALUE_FAULTS, *RULE_FAULTS, *POOLER_FAULTS, *broken_redis.FAULTS]
FAULTS += [Broken(*case) for case in (*broken_alarms.FAULTS, *broken_backups.FAULTS)]
MEMORY = (
    f"{PG}.instance_class: 4 GiB shared_buffers + 200 connections x 64 MiB work_mem + "
    "3 autovacuum workers x 1 GiB maintenance_work_mem = 19.5 GiB, 1.22 times the 16 GiB of "
    "db.r6g.large; it holds while not every connection sorts at once; db.r6g.xlarge (32 GiB) has "
    "room for all"
)
IOPS = (
    f"{PG}.storage.iops: 12,000 IOPS, of which db.r6g.xlarge sustains 6,000 and 20,000 for "
    "30 minutes a day; expect the lower figure under steady load (docs/adr/0002)"
)
UNCHECKED = f"nexusflow:clickhouse.{clickhouse_faults.UNCHECKED}"
ALWAYS = [
    f"warning: {PRODUCTION}: {IOPS}",
    f"warning: {PRODUCTION}: {UNCHECKED}",
    f"warning: {STAGING}: {MEMORY}",
    f"warning: {STAGING}: {UNCHECKED}",
]
"""What the documented figures are warned of."""
WARNINGS = [
    Broken(*clickhouse_faults.ALONE),
    Broken(
        STAGING,
        "allocated_gb: 100, iops: 3000",
        "allocated_gb: 100, iops: 3000, max_allocated_gb: 500",
        f"{PG}.storage.max_allocated_gb: AWS may grow 100 GB past 400 GB, where gp3 has other "
        "figures; stay below it, or allocate that much at once with the IOPS that belong to it",
    ),
    Broken(
        STAGING,
        "multi_az: false\n",
        'multi_az: false\n    parameters: {effective_cache_size: {value: "3145728"}}\n',
        f"{PG}.parameters.effective_cache_size: the planner is told of more cache than "
        "db.r6g.large has memory; write about three quarters of the class's memory, in blocks of "
        "8 kB",
    ),
    Broken(
        FOUNDATION,
        "nat: per_az\n    endpoints:\n      gateway: [s3]\n      interface: [secretsmanager, ",
        "nat: none\n    endpoints:\n      gateway: [s3]\n      interface: [",
        f"{NET}.nat: without NAT and without endpoints nothing in private subnets reaches "
        "secretsmanager; add them to endpoints.interface, or write nat: single",
    ),
    Broken(
        FOUNDATION,
        "peering: []",
        f"peering: [{{name: office, cidr: 10.40.0.0/16, {PEER}}}]",
        "nexusflow:clients.cidrs: the foundation peers with office (10.40.0.0/16), which may not "
        "reach the data; list its range, or leave it out there",
        named=PRODUCTION,
    ),
    Broken(
        PRODUCTION,
        'version: "1.26.1"',
        'version: "1.24.1"',
        "nexusflow:pgbouncer.image.version: PgBouncer 1.24.1 has holes that later releases close; "
        "build 1.26.1 or later from images/pgbouncer",
    ),
]
WARNINGS += [Broken(*case) for case in broken_backups.WARNINGS]
TOGETHER = [
    [
        Broken(*clickhouse_faults.MORE_THAN_FEW),
        Broken(*clickhouse_faults.FEW_ZONES, named=PRODUCTION),
    ],
    [
        Broken(
            ACCESS,
            "database: nexusflow\n",
            "database: postgres\n",
            "database: postgres is a name of PostgreSQL's, of RDS's, or the first that is guessed; "
            "choose another, such as nexusflow_postgres",
        ),
        Broken(POOLS, "  nexusflow: {servers", "  postgres: {servers", line=""),
    ],
]
"""Lines that show what they break only beside one another; one that is right there has no fault."""


@dataclass(frozen=True)
class Outcome:
    code: int
    faults: list[str]
    told: list[str]
    """What the command says besides: the warnings, and that the files are right."""
    broken: frozenset[int]
    """The rules that found something, by identity."""


class Tree:
    """A copy of the environment files and catalogues, checked by the command."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        self.root = root
        for file in (*FILES, "Pulumi.yaml", "foundation/Pulumi.yaml"):
            (root / file).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / file, root / file)
        (root / "config").mkdir()
        for catalogue in (ROOT / "config").glob("*.yaml"):
            shutil.copy(catalogue, root / "config")
        patch.setattr(catalogues, "DIRECTORY", root / "config")
        patch.chdir(root)
        self._broken: set[int] = set()
        patch.setattr(Rule, "faults", self._recording(Rule.faults))

    def _recording(self, faults: object) -> object:
        def recorded(rule: Rule[object], subject: object, file: str) -> list[Fault]:
            found: list[Fault] = faults(rule, subject, file)  # type: ignore[operator]
            self._broken.update({id(rule)} if found else ())
            return found

        return recorded

    def outcome(self, *cases: Broken) -> Outcome:
        self._broken.clear()
        with ExitStack() as changes:
            for case in cases:
                changes.enter_context(self._changed(case))
            return self._checked()

    @contextmanager
    def _changed(self, case: Broken) -> Iterator[None]:
        path = self.root / case.file
        before = path.read_text("utf-8")
        assert before.count(case.old) == 1, f"{case.old} stands {before.count(case.old)} times"
        path.write_text(before.replace(case.old, case.new), "utf-8")
        try:
            yield
        finally:
            path.write_text(before, "utf-8")

    def _checked(self) -> Outcome:
        result = CliRunner().invoke(app, ["config", "check", *FILES])
        told = [line for line in result.stderr.splitlines() if line not in ALWAYS]
        return Outcome(result.exit_code, result.stdout.splitlines(), told, frozenset(self._broken))


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tree]:
    before = Path.cwd()
    with pytest.MonkeyPatch.context() as patch:
        yield Tree(tmp_path_factory.mktemp("tree"), patch)
    os.chdir(before)


def test_the_files_of_this_repository_are_right_and_warned_of_their_documented_figures(
    tree: Tree,
) -> None:
    result = CliRunner().invoke(app, ["config", "check", *FILES])
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines() == [*ALWAYS, "4 files are right"]


@pytest.mark.parametrize("case", FAULTS, ids=str)
def test_a_broken_line_is_refused_by_one_line_and_code_2(case: Broken, tree: Tree) -> None:
    outcome = tree.outcome(case)
    assert outcome.faults == [case.whole_line]
    assert outcome.code == 2


@pytest.mark.parametrize("cases", TOGETHER, ids=lambda cases: str(cases[0]))
def test_lines_that_are_wrong_together_are_refused_with_code_2(
    cases: list[Broken], tree: Tree
) -> None:
    outcome = tree.outcome(*cases)
    assert outcome.faults == [case.whole_line for case in cases if case.line]
    assert outcome.code == 2


@pytest.mark.parametrize("case", WARNINGS, ids=str)
def test_what_is_doubtful_is_warned_of_with_code_0(case: Broken, tree: Tree) -> None:
    outcome = tree.outcome(case)
    assert outcome.faults == []
    assert outcome.told == [f"warning: {case.whole_line}", "4 files are right"]
    assert outcome.code == 0


def test_every_rule_is_broken_by_one_of_these_files(tree: Tree) -> None:
    tables: dict[str, tuple[Rule[object], ...]] = {
        name: table
        for name, table in vars(rules).items()
        if isinstance(table, tuple) and table and isinstance(table[0], Rule)
    }
    assert len(tables) == 7
    broken = frozenset[int]().union(
        tree.outcome().broken, *(tree.outcome(case).broken for case in [*FAULTS, *WARNINGS])
    )
    unbroken = [
        (name, rule.key, rule.wrong)
        for name, table in tables.items()
        for rule in table
        if id(rule) not in broken
    ]
    assert unbroken == []
