SELECT r.rolname::text,
       jsonb_build_object(
           'login', r.rolcanlogin::text,
           'superuser', r.rolsuper::text,
           'createdb', r.rolcreatedb::text,
           'createrole', r.rolcreaterole::text,
           'inherit', r.rolinherit::text,
           'replication', r.rolreplication::text,
           'bypassrls', r.rolbypassrls::text,
           'connection_limit', r.rolconnlimit::text,
           'valid_until', COALESCE(r.rolvaliduntil::text, 'infinity')),
       COALESCE((SELECT jsonb_object_agg(g.rolname, m.admin_option)
                 FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                 WHERE m.member = r.oid), '{}')
FROM pg_roles r
ORDER BY 1
