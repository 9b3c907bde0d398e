-- Default privileges. A global entry replaces PostgreSQL's own default, which grants EXECUTE on
-- functions to PUBLIC. If the owner of our objects has no such entry, that default applies.
WITH stored AS (
    SELECT defaclrole, defaclnamespace, defaclobjtype, defaclacl FROM pg_default_acl
    UNION ALL
    SELECT r.oid, 0, 'f'::"char", acldefault('f', r.oid)
    FROM pg_roles r
    WHERE r.rolname = %(owner)s
      AND NOT EXISTS (SELECT FROM pg_default_acl d WHERE d.defaclrole = r.oid
                      AND d.defaclnamespace = 0 AND d.defaclobjtype = 'f')
)
SELECT pg_get_userbyid(defaclrole)::text, COALESCE(n.nspname::text, ''),
       CASE defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences'
            WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types' ELSE 'schemas' END,
       COALESCE(r.rolname::text, 'PUBLIC'), g.privilege_type::text, bool_or(g.is_grantable)
FROM stored
CROSS JOIN LATERAL aclexplode(defaclacl) g
LEFT JOIN pg_namespace n ON n.oid = defaclnamespace
LEFT JOIN pg_roles r ON r.oid = g.grantee
WHERE g.grantee <> defaclrole AND NOT (defaclobjtype = 'T' AND g.grantee = 0)
GROUP BY 1, 2, 3, 4, 5
ORDER BY 1, 2, 3, 4, 5
