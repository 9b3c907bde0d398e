"""Broken lines of roles, allowed clients, certificates, secrets and the bastion."""

from __future__ import annotations

from tests.unit.config.broken import CLIENTS, DATABASE, PRODUCTION, ZONE, Broken

TLS = "nexusflow:certificates"
NETWORK_IDS = """  nexusflow:network:
    {vpc_id: vpc-0a, vpc_cidr: 10.99.0.0/16, data_subnet_ids: [subnet-1, subnet-2],
     private_subnet_ids: [subnet-5, subnet-6],
     repository_url: 123456789012.dkr.ecr.us-east-1.amazonaws.com/pgbouncer,
     availability_zones: [us-east-1a, us-east-1b], packages_bucket: our-packages}
"""

FAULTS = [
    # access
    Broken(
        DATABASE,
        "master: {name: nexusflow_master",
        "master: {name: admin",
        "master.name: admin is reserved by PostgreSQL or RDS, or too easy to guess; choose "
        "another, such as nexusflow_admin",
    ),
    Broken(
        DATABASE,
        "master: {name: nexusflow_master",
        "master: {name: nexusflow_masters",
        'master.name: "nexusflow_masters": too long; give a lower-case name of at most 16 '
        "characters, which is all that RDS accepts",
    ),
    Broken(
        DATABASE,
        "schemas: [workflow",
        "schemas: [pg_flow, workflow",
        "schemas.0: pg_flow is reserved by PostgreSQL or RDS, or too easy to guess; choose "
        "another, such as nexusflow_pg_flow",
    ),
    Broken(
        DATABASE,
        "connection_limit: 140",
        "connection_limit: 180",
        "roles: connection limits add up to 220, more than max_connections 200 minus 15 "
        "reserved; lower connection_limit or raise postgres.parameters.max_connections",
    ),
    Broken(
        DATABASE,
        "master: {name: nexusflow_master",
        "master: {name: nexusflow_app",
        "roles.nexusflow_app: nexusflow_app is the master user; give the role another name",
    ),
    Broken(
        DATABASE,
        "owner: nexusflow_migrator",
        "owner: nexusflow_app",
        "owner: nexusflow_app is a login role, and the owner of the tables must not be; name "
        "a separate role, such as nexusflow_migrator",
    ),
    Broken(
        DATABASE,
        "connection_limit: 140",
        "connection_limit: 140\n    member_of: [pg_monitr]",
        "roles.nexusflow_app.member_of.0: pg_monitr is neither a role of the stack nor one "
        "that the RDS master user can grant; did you mean pg_monitor?",
    ),
    Broken(
        DATABASE,
        "connection_limit: 140",
        "connection_limit: 140\n    member_of: [nexusflow_app]",
        "roles.nexusflow_app.member_of: nexusflow_app is indirectly a member of itself; break "
        "the circular membership",
    ),
    Broken(
        DATABASE,
        "default_transaction_read_only:",
        "default_transaction_readonly:",
        "roles.nexusflow_readonly.settings.default_transaction_readonly: PostgreSQL has no "
        "such parameter; did you mean default_transaction_read_only?",
    ),
    Broken(
        DATABASE,
        "default_privileges: [public]",
        "default_privileges: [publik]",
        "default_privileges.0: publik is not one of the schemas; did you mean public?",
    ),
    Broken(
        DATABASE,
        "tables: {public: [SELECT]}",
        "tables: {publik: [SELECT]}",
        "roles.nexusflow_readonly.grants.tables.publik: publik is not one of the schemas; "
        "did you mean public?",
    ),
    Broken(
        DATABASE,
        "extensions: [pg_trgm",
        "extensions: [pg_trmg",
        "extensions.0: RDS for PostgreSQL has no extension pg_trmg that the master user can "
        "create; did you mean pg_trgm?",
    ),
    Broken(
        DATABASE,
        "extensions: [pg_trgm",
        "extensions: [pg_cron",
        "extensions.0: pg_cron has no effect without shared_preload_libraries; add it to "
        "postgres.parameters.shared_preload_libraries",
    ),
    Broken(
        DATABASE,
        "schemas: [workflow, analytics, audit]",
        "schemas: [workflow, analytics, audit, audit]",
        "schemas: audit is listed twice; list each once",
    ),
    Broken(
        DATABASE,
        "tables: {public: [SELECT]}",
        "tables: {public: [SELECT, SELECT]}",
        "roles.nexusflow_readonly.grants.tables.public: SELECT is listed twice; list each once",
    ),
    Broken(
        DATABASE,
        "writers: [nexusflow_admin]",
        "writers: [nexusflow_admn]",
        "tables.public.plans.writers.0: nexusflow_admn is not one of the roles; "
        "did you mean nexusflow_admin?",
    ),
    Broken(
        DATABASE,
        "public.users: {tenant: organization_id}",
        "public.users: {tenant: organization_id, writers: [nexusflow_app]}",
        "tables.public.users.writers: writers apply to shared tables only, and this one has "
        "the tenant column organization_id; leave them out: grants decide who writes there, "
        "each tenant its own rows",
    ),
    # who may reach the data
    Broken(
        PRODUCTION,
        CLIENTS,
        "nexusflow:allowed_clients: {cidrs: [0.0.0.0/0]",
        "nexusflow:allowed_clients.cidrs.0: 0.0.0.0/0 is not a private range; "
        "write a private network address with its prefix, such as 10.40.0.0/16",
    ),
    Broken(
        PRODUCTION,
        CLIENTS,
        "nexusflow:allowed_clients: {cidrs: [10.40.0.1/16]",
        "nexusflow:allowed_clients.cidrs.0: 10.40.0.1/16 is not an IPv4 network; write a "
        "private network address with its prefix, such as 10.40.0.0/16",
    ),
    Broken(
        PRODUCTION,
        CLIENTS,
        "nexusflow:allowed_clients: {cidrs: [10.40.0.0/16, 10.40.8.0/24]",
        "nexusflow:allowed_clients.cidrs.0: 10.40.0.0/16 overlaps 10.40.8.0/24; "
        "list each address once",
    ),
    Broken(
        PRODUCTION,
        f"  {CLIENTS}",
        f"{NETWORK_IDS}  nexusflow:allowed_clients: {{cidrs: [10.99.0.0/16]",
        "nexusflow:allowed_clients.cidrs.0: 10.99.0.0/16 admits the whole VPC 10.99.0.0/16; "
        "list the ranges or the security groups of clients that connect to a store directly",
    ),
    Broken(
        PRODUCTION,
        "security_groups: []",
        "security_groups: [sg-0a, sg-0a]",
        "nexusflow:allowed_clients.security_groups: sg-0a is listed twice; list each group once",
    ),
    Broken(
        PRODUCTION,
        ZONE,
        f"nexusflow:private_dns_zone: {{name: {'n' * 64}.internal}}",
        f"nexusflow:private_dns_zone.name: the label {'n' * 64} has more than 63 characters; "
        "shorten it",
    ),
    Broken(
        PRODUCTION,
        f"  {ZONE}",
        f"{NETWORK_IDS}  nexusflow:foundation: acme/other/production\n  {ZONE}",
        "nexusflow:network: given together with nexusflow:foundation; keep one of the two: "
        "the values, or the stack that outputs them",
    ),
    Broken(
        PRODUCTION,
        f"  {ZONE}",
        f"{NETWORK_IDS.replace('10.99.0.0/16', '10.99.0.1/16')}  {ZONE}",
        "nexusflow:network.vpc_cidr: 10.99.0.1/16 is not an IPv4 network; write the VPC's "
        "range, such as 10.20.0.0/16",
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
        "authority: {key_version: 1",
        "authority: {key_version: 2",
        f"{TLS}.authority.trusted: the signing key version 2 is not trusted; list it too, "
        "or every client would refuse the certificates signed with it",
    ),
    Broken(
        PRODUCTION,
        "trusted: [1]",
        "trusted: [1, 1]",
        f"{TLS}.authority.trusted: 1 is listed twice; list each key version once",
    ),
    Broken(
        PRODUCTION,
        "validity_days: 365, renewal_days: 60",
        "validity_days: 365, renewal_days: 365",
        f"{TLS}.issued.renewal_days: 365 days before expiry, but validity_days is 365: "
        "every `up` would renew it; write fewer days than validity_days",
    ),
    Broken(
        PRODUCTION,
        "renewal_days: 730",
        "renewal_days: 90",
        f"{TLS}.authority.renewal_days: certificates issued for 365 days would outlive the "
        "authority, which is renewed 90 days before it expires; write 365 or more",
    ),
    Broken(
        PRODUCTION,
        "renewal_days: 60",
        "renewal_days: 30",
        f"{TLS}.issued.renewal_days: renewal 30 days before expiry comes after the alarm, "
        "which fires at 30; write 31 or more, such as 60",
    ),
    Broken(
        PRODUCTION,
        "validity_days: 365,",
        "validity_days: 10000,",
        f"{TLS}.issued.validity_days: 10000: should be less than or equal to 825; give days "
        "for which an issued certificate is valid, 60 to 825",
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
        f"{TLS}.clients: pgbouncer is the name of a server certificate; name the application "
        "that connects, such as nexusflow-api",
    ),
    # who may read secrets, and the way in for people
    Broken(
        PRODUCTION,
        "- role/nexusflow-production-deploy",
        '- "role/*"',
        "nexusflow:secrets.administrators: role/* matches every principal of the account; "
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
        "nexusflow:secrets.readers.nexusflow_ap: nexusflow_ap is not the key of a secret that "
        "applications read; did you mean nexusflow_app?",
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
        "nexusflow:bastion.log_retention_days: CloudWatch Logs has no retention of 300 days; "
        "write 180 or 365",
    ),
    Broken(
        PRODUCTION,
        "{hours: 8,",
        "{hours: 48,",
        "nexusflow:bastion.hours: 48: should be less than or equal to 24; give hours after "
        "which a bastion task is stopped, 1 to 24",
    ),
]
