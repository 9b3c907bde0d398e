#!/bin/sh
# Healthy is who answers a query through the pool. The login stands in the container's environment.
exec psql --no-psqlrc --no-password --quiet --tuples-only --command 'SELECT 1' >/dev/null
