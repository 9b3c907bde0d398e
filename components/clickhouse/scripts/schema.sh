#!/bin/bash
# Creates missing tables. The path of a replica that lost its volume still exists in Keeper: run
# SYSTEM DROP REPLICA on another replica first (docs/adr/0017).
set -euo pipefail
run() { clickhouse-client --config-file=/run/nexusflow/client.xml "$@"; }
for _ in $(seq 120); do
  run --query 'SELECT 1' > /dev/null 2>&1 && break
  sleep 5
done
run --multiquery < /etc/nexusflow/events.sql
