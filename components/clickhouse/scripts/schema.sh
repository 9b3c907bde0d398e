#!/bin/bash
# The tables, made where they are missing. A replica whose volume was lost finds its own path in
# Keeper taken: SYSTEM DROP REPLICA on another one comes first (docs/adr/0017).
set -euo pipefail
run() { clickhouse-client --config-file=/run/nexusflow/client.xml "$@"; }
for _ in $(seq 120); do
  run --query 'SELECT 1' > /dev/null 2>&1 && break
  sleep 5
done
run --multiquery < /etc/nexusflow/events.sql
