#!/bin/bash
# Publishes metrics that CloudWatch does not collect: the data volume's usage, read-only replicas.
set -euo pipefail
put() {
  aws cloudwatch put-metric-data --namespace '@namespace@' --dimensions 'Host=@host@' --metric-name "$1" --value "$2"
}
put DataUsedPercent "$(df --output=pcent /var/lib/clickhouse | tr -dc 0-9)"
put ReadonlyReplicas "$(clickhouse-client --config-file=/run/nexusflow/client.xml --query 'SELECT count() FROM system.replicas WHERE is_readonly')"
