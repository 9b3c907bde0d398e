#!/bin/sh
# Writes PgBouncer's configuration and secrets from environment variables to files, runs PgBouncer,
# and drains its clients before it stops.
set -eu
umask 077

# The health check finds the Unix socket by the same variable.
directory=${PGHOST:-/run/pgbouncer}
drain_seconds=${DRAIN_SECONDS:-90}

# printf is a shell builtin, so the values never appear in a process list.
printf '%s\n' "${PGBOUNCER_INI:?}" >"$directory/pgbouncer.ini"
printf '%s' "${PGBOUNCER_USERLIST:?}" >"$directory/userlist.txt"
printf '%s' "${TLS_CERTIFICATE:?}" >"$directory/tls.crt"
printf '%s' "${TLS_PRIVATE_KEY:?}" >"$directory/tls.key"
unset PGBOUNCER_INI PGBOUNCER_USERLIST TLS_CERTIFICATE TLS_PRIVATE_KEY PGPASSWORD

pgbouncer "$directory/pgbouncer.ini" &
pooler=$!
timer=

# SIGTERM makes PgBouncer refuse new clients and exit when the last one has disconnected. SIGINT,
# sent when the drain time is over, disconnects idle clients at once and the others after their
# transaction. After stopTimeout ECS kills the container.
# shellcheck disable=SC2329 # the trap invokes it
drain() {
    [ -z "$timer" ] || return 0
    kill -TERM "$pooler" 2>/dev/null || return 0
    (
        sleep "$drain_seconds"
        kill -INT "$pooler" 2>/dev/null
    ) &
    timer=$!
}
trap drain TERM INT

# A signal interrupts `wait` while PgBouncer still runs. Only the last `wait` returns its exit code.
status=0
while kill -0 "$pooler" 2>/dev/null; do
    status=0
    wait "$pooler" || status=$?
done
[ -z "$timer" ] || kill "$timer" 2>/dev/null || true
exit "$status"
