#!/bin/bash
# clickhouse-1-2; secrets 9f0c1f4e-6f0a-4b0e-8f0a-0a1b2c3d4e5f
set -euo pipefail
export AWS_DEFAULT_REGION='us-east-1' AWS_RETRY_MODE=standard AWS_MAX_ATTEMPTS=10
umask 022

# packages: nothing but what has the pinned checksum
install -d -m 0700 /root/packages
cd /root/packages
while read -r checksum file; do
  aws s3 cp --only-show-errors "s3://nexusflow-production-packages-123456789012/clickhouse/23.8.16.40/$file" "$file"
  echo "$checksum  $file" | sha256sum --check --strict
done <<'PACKAGES'
0000000000000000000000000000000000000000000000000000000000000000 clickhouse-common-static-23.8.16.40.aarch64.rpm
0000000000000000000000000000000000000000000000000000000000000000 clickhouse-server-23.8.16.40.aarch64.rpm
0000000000000000000000000000000000000000000000000000000000000000 clickhouse-client-23.8.16.40.aarch64.rpm
PACKAGES
rpm --upgrade --force --nosignature ./*.rpm
cd /
rm -r /root/packages

# data: an empty volume gets a file system, one with anything on it is only mounted
device='/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0'
if [ -n "$device" ]; then
  for _ in $(seq 120); do
    [ -b "$device" ] && break
    sleep 5
  done
  found=0
  blkid --probe "$device" || found=$?
  if [ "$found" -eq 2 ]; then
    mkfs.xfs "$device"
  elif [ "$found" -ne 0 ]; then
    echo "blkid can't tell what is on $device" >&2
    exit 1
  fi
  cat > /etc/systemd/system/var-lib-clickhouse.mount <<MOUNT
[Unit]
Description=Data of ClickHouse
[Mount]
What=$device
Where=/var/lib/clickhouse
Type=xfs
Options=noatime,nofail,x-systemd.device-timeout=600
[Install]
WantedBy=multi-user.target
MOUNT
  systemctl daemon-reload
  systemctl enable --now var-lib-clickhouse.mount
  xfs_growfs /var/lib/clickhouse
fi
# the user's number may be another than on the host before
if [ "$(stat --format %U /var/lib/clickhouse)" != clickhouse ]; then
  chown --recursive clickhouse:clickhouse /var/lib/clickhouse
fi

# kernel
echo 'vm.swappiness = 1' > /etc/sysctl.d/90-clickhouse.conf
sysctl --quiet --load /etc/sysctl.d/90-clickhouse.conf
echo 'w /sys/kernel/mm/transparent_hugepage/enabled - - - - madvise' > /etc/tmpfiles.d/clickhouse.conf
systemd-tmpfiles --create /etc/tmpfiles.d/clickhouse.conf

# files
install -D -m 0644 /dev/stdin /etc/clickhouse-server/config.d/nexusflow.xml <<'END_OF_FILE'
<clickhouse>
<logger><level>information</level><size>100M</size><count>10</count></logger>
<listen_host>0.0.0.0</listen_host>
<http_port remove="1"/>
<tcp_port remove="1"/>
<interserver_http_port remove="1"/>
<mysql_port remove="1"/>
<postgresql_port remove="1"/>
<grpc_port remove="1"/>
<https_port>8443</https_port>
<tcp_port_secure>9440</tcp_port_secure>
<interserver_https_port>9010</interserver_https_port>
<interserver_http_host>clickhouse-1-2.nexusflow.internal</interserver_http_host>
<interserver_http_credentials><user>interserver</user><password from_env="CLICKHOUSE_INTERSERVER_PASSWORD"/></interserver_http_credentials>
<openSSL><server><certificateFile>/run/nexusflow/tls/certificate.pem</certificateFile><privateKeyFile>/run/nexusflow/tls/private_key.pem</privateKeyFile><caConfig>/run/nexusflow/tls/ca.pem</caConfig><loadDefaultCAFile>false</loadDefaultCAFile><disableProtocols>sslv2,sslv3,tlsv1,tlsv1_1</disableProtocols><preferServerCiphers>true</preferServerCiphers><verificationMode>relaxed</verificationMode></server><client><certificateFile>/run/nexusflow/tls/certificate.pem</certificateFile><privateKeyFile>/run/nexusflow/tls/private_key.pem</privateKeyFile><caConfig>/run/nexusflow/tls/ca.pem</caConfig><loadDefaultCAFile>true</loadDefaultCAFile><disableProtocols>sslv2,sslv3,tlsv1,tlsv1_1</disableProtocols><preferServerCiphers>true</preferServerCiphers><verificationMode>strict</verificationMode></client></openSSL>
<path>/var/lib/clickhouse/</path>
<max_server_memory_usage>13743895347</max_server_memory_usage>
<dns_cache_update_period>15</dns_cache_update_period>
<custom_settings_prefixes>SQL_</custom_settings_prefixes>
<s3><backups><endpoint>https://nexusflow-production-events-123456789012.s3.us-east-1.amazonaws.com/</endpoint><use_environment_credentials>1</use_environment_credentials></backups></s3>
<query_log><ttl>event_date + INTERVAL 30 DAY DELETE</ttl></query_log>
<query_thread_log><ttl>event_date + INTERVAL 30 DAY DELETE</ttl></query_thread_log>
<query_views_log><ttl>event_date + INTERVAL 30 DAY DELETE</ttl></query_views_log>
<part_log><ttl>event_date + INTERVAL 30 DAY DELETE</ttl></part_log>
<session_log><ttl>event_date + INTERVAL 30 DAY DELETE</ttl></session_log>
<metric_log><ttl>event_date + INTERVAL 30 DAY DELETE</ttl></metric_log>
<asynchronous_metric_log><ttl>event_date + INTERVAL 30 DAY DELETE</ttl></asynchronous_metric_log>
<trace_log><ttl>event_date + INTERVAL 30 DAY DELETE</ttl></trace_log>
<processors_profile_log><ttl>event_date + INTERVAL 30 DAY DELETE</ttl></processors_profile_log>
<zookeeper><node><host>clickhouse-1-1.nexusflow.internal</host><port>9281</port><secure>1</secure></node><node><host>clickhouse-1-2.nexusflow.internal</host><port>9281</port><secure>1</secure></node><node><host>clickhouse-keeper-3.nexusflow.internal</host><port>9281</port><secure>1</secure></node></zookeeper>
<distributed_ddl><path>/clickhouse/task_queue/ddl</path></distributed_ddl>
<remote_servers replace="1"><analytics><secret from_env="CLICKHOUSE_CLUSTER_SECRET"/><shard><internal_replication>true</internal_replication><replica><host>clickhouse-1-1.nexusflow.internal</host><port>9440</port><secure>1</secure></replica><replica><host>clickhouse-1-2.nexusflow.internal</host><port>9440</port><secure>1</secure></replica></shard></analytics></remote_servers>
<user_directories replace="1"><users_xml><path>users.xml</path></users_xml><replicated><zookeeper_path>/clickhouse/access/</zookeeper_path></replicated></user_directories>
<macros><cluster>analytics</cluster><shard>01</shard><replica>clickhouse-1-2.nexusflow.internal</replica></macros>
<keeper_server><tcp_port_secure>9281</tcp_port_secure><server_id>2</server_id><log_storage_path>/var/lib/clickhouse/coordination/log</log_storage_path><snapshot_storage_path>/var/lib/clickhouse/coordination/snapshots</snapshot_storage_path><coordination_settings><operation_timeout_ms>10000</operation_timeout_ms><session_timeout_ms>30000</session_timeout_ms><raft_logs_level>warning</raft_logs_level></coordination_settings><raft_configuration><secure>true</secure><server><id>1</id><hostname>clickhouse-1-1.nexusflow.internal</hostname><port>9234</port></server><server><id>2</id><hostname>clickhouse-1-2.nexusflow.internal</hostname><port>9234</port></server><server><id>3</id><hostname>clickhouse-keeper-3.nexusflow.internal</hostname><port>9234</port></server></raft_configuration></keeper_server>
</clickhouse>
END_OF_FILE
install -D -m 0644 /dev/stdin /etc/clickhouse-server/users.d/nexusflow.xml <<'END_OF_FILE'
<clickhouse>
<profiles><default><max_memory_usage>6871947673</max_memory_usage><max_bytes_before_external_group_by>3435973836</max_bytes_before_external_group_by><max_bytes_before_external_sort>3435973836</max_bytes_before_external_sort><max_execution_time>300</max_execution_time></default><application><max_memory_usage>6871947673</max_memory_usage><max_bytes_before_external_group_by>3435973836</max_bytes_before_external_group_by><max_execution_time>30</max_execution_time><allow_ddl>0</allow_ddl><deduplicate_blocks_in_dependent_materialized_views>1</deduplicate_blocks_in_dependent_materialized_views></application><operations><max_memory_usage>6871947673</max_memory_usage><max_execution_time>0</max_execution_time></operations></profiles>
<quotas><default><interval><duration>3600</duration></interval></default><application><interval><duration>60</duration><queries>6000</queries><errors>600</errors></interval></application></quotas>
<users><default remove="1"/><nexusflow_app><password_sha256_hex from_env="CLICKHOUSE_APP_SHA256"/><networks><ip>::/0</ip></networks><quota>application</quota><profile>application</profile><allow_databases><database>analytics</database></allow_databases></nexusflow_app><nexusflow_admin><password_sha256_hex from_env="CLICKHOUSE_ADMIN_SHA256"/><networks><ip>::/0</ip></networks><quota>default</quota><profile>default</profile><access_management>1</access_management></nexusflow_admin><nexusflow_operations><password_sha256_hex from_env="CLICKHOUSE_OPERATIONS_SHA256"/><networks><ip>127.0.0.1</ip><ip>::1</ip></networks><quota>default</quota><profile>operations</profile></nexusflow_operations></users>
</clickhouse>
END_OF_FILE
install -D -m 0700 /dev/stdin /usr/local/sbin/nexusflow-secrets <<'END_OF_FILE'
#!/usr/bin/python3
"""Fetches this host's secrets into memory: variables for systemd, a login, and what TLS needs."""

import hashlib
import json
import os
import pwd
import subprocess

DIRECTORY = "/run/nexusflow"


def secret(arn):
    command = ["aws", "secretsmanager", "get-secret-value", "--secret-id", arn]
    command += ["--query", "SecretString", "--output", "text"]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(answer.stdout)


def write(name, text, owner):
    path = f"{DIRECTORY}/{name}"
    handle = os.open(f"{path}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o400)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    os.chown(f"{path}.new", owner.pw_uid, owner.pw_gid)
    os.replace(f"{path}.new", path)


server, root = pwd.getpwnam("clickhouse"), pwd.getpwnam("root")
os.makedirs(f"{DIRECTORY}/tls", exist_ok=True)
certificate = secret("arn:aws:secretsmanager:us-east-1:123456789012:secret:nexusflow-production/tls/clickhouse-0a1b2c3d-AbCdEf")
for name in ("certificate", "private_key", "ca"):
    write(f"tls/{name}.pem", certificate[name], server)
logins = secret("arn:aws:secretsmanager:us-east-1:123456789012:secret:nexusflow-production/clickhouse/hosts-0a1b2c3d-AbCdEf")
variables = {
    "CLICKHOUSE_CLUSTER_SECRET": logins["cluster"],
    "CLICKHOUSE_INTERSERVER_PASSWORD": logins["interserver"],
}
for name in ("app", "admin", "operations"):
    digest = hashlib.sha256(logins[name].encode()).hexdigest()
    variables[f"CLICKHOUSE_{name.upper()}_SHA256"] = digest
write("environment", "".join(f"{name}={value}\n" for name, value in variables.items()), root)
login = """<config>
<host>localhost</host><port>9440</port><secure>1</secure>
<user>nexusflow_operations</user><password>%s</password>
<openSSL><client><caConfig>%s/tls/ca.pem</caConfig></client></openSSL>
</config>
"""
write("client.xml", login % (logins["operations"], DIRECTORY), root)
END_OF_FILE
install -D -m 0644 /dev/stdin /etc/systemd/system/nexusflow-secrets.service <<'END_OF_FILE'
[Unit]
Description=Secrets of this host, in memory
Wants=network-online.target
After=network-online.target
[Service]
Type=oneshot
Environment=AWS_DEFAULT_REGION=us-east-1 AWS_RETRY_MODE=standard AWS_MAX_ATTEMPTS=10
RuntimeDirectory=nexusflow
RuntimeDirectoryMode=0711
RuntimeDirectoryPreserve=yes
ExecStart=/usr/local/sbin/nexusflow-secrets
END_OF_FILE
install -D -m 0644 /dev/stdin /etc/systemd/system/nexusflow-secrets.timer <<'END_OF_FILE'
[Unit]
Description=Renewed certificates
[Timer]
OnCalendar=daily
Persistent=true
RandomizedDelaySec=120
[Install]
WantedBy=timers.target
END_OF_FILE
install -D -m 0644 /dev/stdin /etc/systemd/system/clickhouse-server.service.d/nexusflow.conf <<'END_OF_FILE'
[Unit]
Requires=nexusflow-secrets.service
After=nexusflow-secrets.service
RequiresMountsFor=/var/lib/clickhouse
[Service]
EnvironmentFile=/run/nexusflow/environment
Restart=always
RestartSec=10
END_OF_FILE
install -D -m 0644 /dev/stdin /etc/nexusflow/events.sql <<'END_OF_FILE'
CREATE DATABASE IF NOT EXISTS analytics;

CREATE TABLE IF NOT EXISTS analytics.events_local
(
    organization_id UUID,
    event_type LowCardinality(String),
    timestamp DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    event_id UUID,
    user_id Nullable(UUID),
    properties String CODEC(ZSTD(3)),
    ingested_at DateTime('UTC') DEFAULT now() CODEC(Delta, ZSTD(1))
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(timestamp)
ORDER BY (organization_id, event_type, timestamp, event_id)
TTL toDateTime(timestamp) + INTERVAL 12 MONTH DELETE
SETTINGS ttl_only_drop_parts = 1, replicated_deduplication_window = 1000;

ALTER TABLE analytics.events_local
    MODIFY TTL toDateTime(timestamp) + INTERVAL 12 MONTH DELETE
    SETTINGS materialize_ttl_after_modify = 0;

CREATE TABLE IF NOT EXISTS analytics.events AS analytics.events_local
ENGINE = Distributed('analytics', 'analytics', 'events_local', cityHash64(organization_id));
END_OF_FILE
install -D -m 0700 /dev/stdin /usr/local/sbin/nexusflow-schema <<'END_OF_FILE'
#!/bin/bash
# The tables, made where they are missing; a replica that comes anew fetches its data by them.
set -euo pipefail
run() { clickhouse-client --config-file=/run/nexusflow/client.xml "$@"; }
for _ in $(seq 120); do
  run --query 'SELECT 1' > /dev/null 2>&1 && break
  sleep 5
done
run --multiquery < /etc/nexusflow/events.sql
END_OF_FILE
install -D -m 0644 /dev/stdin /etc/systemd/system/nexusflow-schema.service <<'END_OF_FILE'
[Unit]
Description=Tables of the events
Requires=clickhouse-server.service
After=clickhouse-server.service
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/nexusflow-schema
[Install]
WantedBy=multi-user.target
END_OF_FILE
systemctl daemon-reload
systemctl enable --now nexusflow-secrets.timer clickhouse-server.service nexusflow-schema.service
