-- Database, schemas, extensions, relations and functions with owner and attributes. Objects of
-- extensions, of PostgreSQL itself and temporary objects are omitted.
WITH ours AS (
    SELECT oid, nspname FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), extensions AS (
    SELECT classid, objid FROM pg_depend
    WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass
)
SELECT 'database', ARRAY[datname::text], pg_get_userbyid(datdba)::text, '{}'::jsonb
FROM pg_database WHERE datname = current_database()
UNION ALL
SELECT 'schema', ARRAY[n.nspname::text], pg_get_userbyid(n.nspowner)::text, '{}'
FROM pg_namespace n JOIN ours USING (oid)
WHERE ('pg_namespace'::regclass, n.oid) NOT IN (SELECT classid, objid FROM extensions)
UNION ALL
SELECT 'extension', ARRAY[extname::text], '', '{}' FROM pg_extension
UNION ALL
SELECT CASE WHEN c.relispartition THEN 'partition'
            WHEN c.relkind IN ('r', 'p', 'f') THEN 'table'
            WHEN c.relkind = 'S' THEN 'sequence'
            ELSE 'view' END,
       ARRAY[ours.nspname::text, c.relname::text],
       pg_get_userbyid(c.relowner)::text,
       CASE WHEN c.relkind IN ('r', 'p') THEN jsonb_build_object(
                'row_level_security', c.relrowsecurity::text,
                'force_row_level_security', c.relforcerowsecurity::text)
            WHEN c.relkind = 'v' THEN jsonb_build_object('security_invoker', (EXISTS (
                SELECT FROM pg_options_to_table(c.reloptions) o
                WHERE o.option_name = 'security_invoker'
                  AND lower(o.option_value) IN ('true', 'on', 'yes', '1')))::text)
            ELSE '{}' END
FROM pg_class c JOIN ours ON ours.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f', 'S', 'v', 'm')
  AND ('pg_class'::regclass, c.oid) NOT IN (SELECT classid, objid FROM extensions)
UNION ALL
SELECT 'function',
       ARRAY[ours.nspname::text, p.proname::text, pg_get_function_identity_arguments(p.oid)],
       pg_get_userbyid(p.proowner)::text,
       jsonb_build_object('security_definer', p.prosecdef::text)
FROM pg_proc p JOIN ours ON ours.oid = p.pronamespace
WHERE ('pg_proc'::regclass, p.oid) NOT IN (SELECT classid, objid FROM extensions)
ORDER BY 1, 2
