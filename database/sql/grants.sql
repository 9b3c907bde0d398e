-- Every privilege of roles other than the owner, including PostgreSQL's defaults such as EXECUTE to
-- PUBLIC on functions.
WITH ours AS (
    SELECT oid, nspname FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), extensions AS (
    SELECT classid, objid FROM pg_depend
    WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass
), acls (kind, parts, owner, name, acl) AS (
    SELECT 'database', ARRAY[datname::text], datdba, '',
           COALESCE(datacl, acldefault('d', datdba))
    FROM pg_database WHERE datname = current_database()
    UNION ALL
    SELECT 'schema', ARRAY[n.nspname::text], n.nspowner, '',
           COALESCE(n.nspacl, acldefault('n', n.nspowner))
    FROM pg_namespace n JOIN ours USING (oid)
    WHERE ('pg_namespace'::regclass, n.oid) NOT IN (SELECT classid, objid FROM extensions)
    UNION ALL
    SELECT CASE WHEN c.relispartition THEN 'partition'
                WHEN c.relkind IN ('r', 'p', 'f') THEN 'table'
                WHEN c.relkind = 'S' THEN 'sequence'
                ELSE 'view' END,
           ARRAY[ours.nspname::text, c.relname::text], c.relowner, entry.name, entry.acl
    FROM pg_class c JOIN ours ON ours.oid = c.relnamespace
    CROSS JOIN LATERAL (
        SELECT '' AS name, c.relacl AS acl
        UNION ALL
        SELECT a.attname::text, a.attacl FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL AND NOT a.attisdropped) entry
    WHERE c.relkind IN ('r', 'p', 'f', 'S', 'v', 'm')
      AND ('pg_class'::regclass, c.oid) NOT IN (SELECT classid, objid FROM extensions)
    UNION ALL
    SELECT 'function',
           ARRAY[ours.nspname::text, p.proname::text, pg_get_function_identity_arguments(p.oid)],
           p.proowner, '', COALESCE(p.proacl, acldefault('f', p.proowner))
    FROM pg_proc p JOIN ours ON ours.oid = p.pronamespace
    WHERE ('pg_proc'::regclass, p.oid) NOT IN (SELECT classid, objid FROM extensions)
)
SELECT kind, parts, COALESCE(pg_roles.rolname::text, 'PUBLIC'), grants.privilege_type::text, name,
       bool_or(grants.is_grantable)
FROM acls
CROSS JOIN LATERAL aclexplode(acl) grants
LEFT JOIN pg_roles ON pg_roles.oid = grants.grantee
WHERE grants.grantee <> owner
GROUP BY 1, 2, 3, 4, 5
ORDER BY 1, 2, 3, 4, 5
