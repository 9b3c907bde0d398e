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
TTL toDateTime(timestamp) + INTERVAL :retention_months MONTH DELETE
SETTINGS ttl_only_drop_parts = 1, replicated_deduplication_window = 1000;

ALTER TABLE analytics.events_local
    MODIFY TTL toDateTime(timestamp) + INTERVAL :retention_months MONTH DELETE
    SETTINGS materialize_ttl_after_modify = 0;

CREATE TABLE IF NOT EXISTS analytics.events AS analytics.events_local
ENGINE = Distributed('analytics', 'analytics', 'events_local', cityHash64(organization_id));
