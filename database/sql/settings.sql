-- Settings of roles (everywhere or in one database) and of this database, and whether only a
-- superuser can change them.
SELECT r.rolname::text, d.datname::text,
       split_part(entry, '=', 1), substr(entry, strpos(entry, '=') + 1),
       COALESCE(p.context IN ('superuser', 'superuser-backend'), false)
FROM pg_db_role_setting s
LEFT JOIN pg_roles r ON r.oid = s.setrole
LEFT JOIN pg_database d ON d.oid = s.setdatabase
CROSS JOIN LATERAL unnest(s.setconfig) entry
LEFT JOIN pg_settings p ON p.name = split_part(entry, '=', 1)
WHERE s.setrole <> 0 OR d.datname = current_database()
ORDER BY 1, 2, 3
