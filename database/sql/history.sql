CREATE SCHEMA IF NOT EXISTS :schema;
CREATE TABLE IF NOT EXISTS :history (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    applied_by text NOT NULL DEFAULT session_user
);
