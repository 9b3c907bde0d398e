-- Settings of functions: every SECURITY DEFINER function needs a search_path.
SELECT ARRAY[n.nspname::text, p.proname::text, pg_get_function_identity_arguments(p.oid)],
       split_part(entry, '=', 1), substr(entry, strpos(entry, '=') + 1)
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
CROSS JOIN LATERAL unnest(p.proconfig) entry
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
