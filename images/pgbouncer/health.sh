#!/bin/sh
# Healthy if a query through the pool succeeds. The login is in the container's environment (PG*).
exec psql --no-psqlrc --no-password --quiet --tuples-only --command 'SELECT 1' >/dev/null
