#!/bin/bash
# Takes a full backup every week, and an incremental one on the other days.
set -euo pipefail
last=/var/lib/clickhouse/nexusflow-last-full
now=$(date --utc +%Y%m%dT%H%M%SZ)
run() { clickhouse-client --config-file=/run/nexusflow/client.xml --query "$1"; }
s3() { echo "S3('@endpoint@$1/@shard@/$2')"; }
if [ -s "$last" ] && [ -n "$(find "$last" -mmin -9300)" ]; then
  run "BACKUP DATABASE @database@ TO $(s3 incremental "$now") SETTINGS base_backup = $(s3 full "$(cat "$last")")"
else
  run "BACKUP DATABASE @database@ TO $(s3 full "$now")"
  echo "$now" > "$last"
fi
aws cloudwatch put-metric-data --namespace '@namespace@' --metric-name BackupSucceeded \
  --dimensions 'Host=@host@' --value 1
