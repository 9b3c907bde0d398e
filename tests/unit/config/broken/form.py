"""Broken lines of malformed files and values."""

from __future__ import annotations

from tests.unit.config.broken import (
    CLASSES,
    DATABASE,
    FOUNDATION,
    NET,
    PARAMETERS,
    PG,
    PRODUCTION,
    ZONE,
    Broken,
)

FAULTS = [
    # files
    Broken(PRODUCTION, "config:\n", "confg:\n", "confg: unknown key; did you mean config?"),
    Broken(
        PRODUCTION,
        "aws:region: us-east-1",
        "aws:region: us-east-1\n  aws:region: us-west-1",
        "line 2: not valid YAML: duplicate key aws:region; correct it as YAML",
    ),
    Broken(
        PRODUCTION,
        ZONE,
        "nexusflow:private_dns_zone: {name: nexusflow.internal",
        "line 26: not valid YAML: did not find expected ',' or '}'; correct it as YAML",
    ),
    Broken(
        PRODUCTION,
        ZONE,
        "nexusflow:private_dns_zone: {secure: AAABAA==}",
        "nexusflow:private_dns_zone: encrypted values are not allowed; leave it out: secrets "
        "are generated",
    ),
    Broken(
        PRODUCTION,
        "aws:region",
        "aws:regin",
        "aws:regin: unknown key; did you mean region?",
    ),
    Broken(
        PRODUCTION,
        "nexusflow:private_dns_zone",
        "nexusflow:private_dns_zones",
        "nexusflow:private_dns_zones: unknown key; did you mean private_dns_zone?",
    ),
    Broken(
        FOUNDATION,
        "flow_logs",
        "flowlogs",
        f"{NET}.flowlogs: unknown key; did you mean flow_logs?",
    ),
    # values
    Broken(
        PRODUCTION,
        "recovery_region: us-west-2",
        "recovery_region: oregon",
        'nexusflow:recovery_region: "oregon": not of the right form; give the AWS region to '
        "copy backups to, such as us-west-2",
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
        "replicas: {count:",
        "replicas: {count: 16} #",
        f"{PG}.replicas.count: 16: should be less than or equal to 15; give the number of "
        "read replicas, 0 to 15",
    ),
    Broken(
        PRODUCTION,
        "backup_retention_days: 7",
        "backup_retention_days: 0",
        f"{PG}.backup_retention_days: 0: should be greater than or equal to 1; give days of "
        "automated backups and point-in-time recovery, 1 to 35: replicas require them",
    ),
    Broken(
        PRODUCTION,
        "recovery_days: 30",
        "recovery_days: 31",
        "nexusflow:secrets.recovery_days: 31: should be less than or equal to 30; give days "
        "within which a deleted secret can be restored, 7 to 30",
    ),
    Broken(
        PRODUCTION,
        ZONE,
        "nexusflow:private_dns_zone: {name: nexusflow}",
        'nexusflow:private_dns_zone.name: "nexusflow": not of the right form; '
        "give a private domain name, such as nexusflow.internal",
    ),
    Broken(
        PRODUCTION,
        "security_groups: []",
        "security_groups: [web]",
        'nexusflow:allowed_clients.security_groups.0: "web": not of the right form; give '
        "the id of a security group: sg-…",
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
        DATABASE,
        "nexusflow_readonly:",
        "nexusflow-readonly:",
        'roles.nexusflow-readonly: "nexusflow-readonly": not of the right form; give a lower-case '
        "name of at most 63 characters",
    ),
    Broken(
        DATABASE,
        "name: nexusflow\n",
        f"name: {'n' * 64}\n",
        f'name: "{"n" * 64}": not of the right form; give a lower-case name of at most 63 '
        "characters",
    ),
    Broken(
        DATABASE,
        "connection_limit: 140",
        "connection_limits: 140",
        "roles.nexusflow_app.connection_limits: unknown key; did you mean connection_limit?",
    ),
    Broken(
        DATABASE,
        "tables: {public: [SELECT]}",
        "tables: {public: [TRUNCATE]}",
        'roles.nexusflow_readonly.grants.tables.public.0: "TRUNCATE" is not allowed; use '
        "'SELECT', 'INSERT', 'UPDATE' or 'DELETE'",
    ),
    Broken(
        DATABASE,
        "  public.users:",
        "  users:",
        'tables.users: "users": not of the right form; give schema and table, such as '
        "public.contacts",
    ),
    Broken(
        DATABASE,
        "comes with every database",
        "why not",
        'ignored.extension:plpgsql: "why not": too short; give a reason of at least 10 characters',
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
