#!/bin/bash
# A full backup every week, and between two of them what has changed since the last one.
set -euo pipefail
export AWS_DEFAULT_REGION='@region@'
last=/var/lib/clickhouse/nexusflow-last-full
now=$(date --utc +%Y%m%dT%H%M%SZ)
run() { clickhouse-client --config-file=/run/nexusflow/client.xml --query "$1"; }
if [ -s "$last" ] && [ -n "$(find "$last" -mmin -9300)" ]; then
  run "BACKUP DATABASE @database@ TO S3('@endpoint@incremental/@shard@/$now') SETTINGS base_backup = S3('@endpoint@full/@shard@/$(cat "$last")')"
else
  run "BACKUP DATABASE @database@ TO S3('@endpoint@full/@shard@/$now')"
  echo "$now" > "$last"
fi
aws cloudwatch put-metric-data --namespace '@namespace@' --metric-name BackupSucceeded \
  --dimensions 'Host=@host@' --value 1
