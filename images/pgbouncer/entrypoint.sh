#!/bin/sh
# Writes what the task carries where PgBouncer reads it, runs it, and lets its clients go first.
set -eu
umask 077

# Where the health check looks for the socket, too.
directory=${PGHOST:-/run/pgbouncer}
drain_seconds=${DRAIN_SECONDS:-90}

# Values go from the shell's own printf to the files: no process list shows them.
printf '%s\n' "${PGBOUNCER_INI:?}" >"$directory/pgbouncer.ini"
printf '%s' "${PGBOUNCER_USERLIST:?}" >"$directory/userlist.txt"
printf '%s' "${TLS_CERTIFICATE:?}" >"$directory/tls.crt"
printf '%s' "${TLS_PRIVATE_KEY:?}" >"$directory/tls.key"
unset PGBOUNCER_INI PGBOUNCER_USERLIST TLS_CERTIFICATE TLS_PRIVATE_KEY PGPASSWORD

pgbouncer "$directory/pgbouncer.ini" &
pooler=$!
timer=

# SIGTERM: no new clients, and the end when the last one has left. SIGINT after that: who is idle
# goes at once, who is in a transaction after it. ECS kills what is left when stopTimeout is over.
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

# A signal ends a wait, not the pooler: the last wait has its own exit code.
status=0
while kill -0 "$pooler" 2>/dev/null; do
    status=0
    wait "$pooler" || status=$?
done
[ -z "$timer" ] || kill "$timer" 2>/dev/null || true
exit "$status"
