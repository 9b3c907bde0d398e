"""Changes made outside the code: the statements, and what a plan has to say of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from database.plan import Class
from database.repairs import By


@dataclass(frozen=True)
class Change:
    """Statements of a superuser in psql, and what a plan has to say of them."""

    statements: Sequence[str]
    found: frozenset[tuple[str, str]]
    by: By = By.MASTER
    undo: Sequence[str] = ()
    """What removes traces that are no difference: a disarmed role."""
    class_: Class = Class.DRIFT


def change(
    *statements: str,
    found: tuple[str, str] | set[tuple[str, str]],
    by: By = By.MASTER,
    undo: Sequence[str] = (),
    class_: Class = Class.DRIFT,
) -> Change:
    paths = frozenset({found} if isinstance(found, tuple) else found)
    return Change(statements, paths, by, undo, class_)


CONTACTS = "public.contacts"
APP = "role:nexusflow_app"
EVERYTHING = "USING (true) WITH CHECK (true)"
ISOLATION = "policy/contacts_org_isolation"

CHANGES = {
    "RLS off": change(
        "ALTER TABLE public.contacts DISABLE ROW LEVEL SECURITY",
        found=(CONTACTS, "attribute/row_level_security"),
    ),
    "FORCE off": change(
        "ALTER TABLE public.contacts NO FORCE ROW LEVEL SECURITY",
        found=(CONTACTS, "attribute/force_row_level_security"),
    ),
    "a policy's USING widened": change(
        "ALTER POLICY contacts_org_isolation ON public.contacts USING (true)",
        found=(CONTACTS, f"{ISOLATION}/using"),
    ),
    "a policy's WITH CHECK widened": change(
        "ALTER POLICY contacts_org_isolation ON public.contacts WITH CHECK (true)",
        found=(CONTACTS, f"{ISOLATION}/check"),
    ),
    "a policy for fewer roles": change(
        "ALTER POLICY contacts_org_isolation ON public.contacts TO nexusflow_app",
        found=(CONTACTS, f"{ISOLATION}/roles"),
    ),
    "a policy of another command": change(
        "DROP POLICY users_owner ON public.users",
        "CREATE POLICY users_owner ON public.users FOR SELECT TO nexusflow_migrator USING (true)",
        found={
            ("public.users", "policy/users_owner/command"),
            ("public.users", "policy/users_owner/check"),
        },
    ),
    "a restrictive policy": change(
        "DROP POLICY users_owner ON public.users",
        "CREATE POLICY users_owner ON public.users AS RESTRICTIVE TO nexusflow_migrator "
        + EVERYTHING,
        found=("public.users", "policy/users_owner/permissive"),
    ),
    "a policy added": change(
        "CREATE POLICY everybody ON public.users USING (true)",
        found=("public.users", "policy/everybody"),
    ),
    "a policy dropped": change(
        "DROP POLICY organizations_org_isolation ON public.organizations",
        found=("public.organizations", "policy/organizations_org_isolation"),
    ),
    "a grant to PUBLIC": change(
        "GRANT SELECT ON public.users TO PUBLIC", found=("public.users", "grant/PUBLIC/SELECT")
    ),
    "a grant on a column": change(
        "GRANT UPDATE (email) ON public.contacts TO nexusflow_readonly",
        found=(CONTACTS, "grant/nexusflow_readonly/UPDATE(email)"),
    ),
    "a grant with grant option": change(
        "GRANT SELECT ON public.contacts TO nexusflow_app WITH GRANT OPTION",
        found=(CONTACTS, "grant/nexusflow_app/SELECT"),
    ),
    "a grant passed on by its grantee": change(
        "GRANT SELECT ON public.contacts TO nexusflow_admin WITH GRANT OPTION",
        "SET ROLE nexusflow_admin",
        "GRANT SELECT ON public.contacts TO pg_monitor",
        "RESET ROLE",
        found={
            (CONTACTS, "grant/nexusflow_admin/SELECT"),
            (CONTACTS, "grant/pg_monitor/SELECT"),
        },
    ),
    "TRUNCATE, which RLS doesn't stop": change(
        "GRANT TRUNCATE ON public.contacts TO nexusflow_app",
        found=(CONTACTS, "grant/nexusflow_app/TRUNCATE"),
    ),
    "a grant revoked": change(
        "REVOKE DELETE ON public.contacts FROM nexusflow_app",
        found=(CONTACTS, "grant/nexusflow_app/DELETE"),
    ),
    "CREATE on a schema": change(
        "GRANT CREATE ON SCHEMA workflow TO nexusflow_app",
        found=("schema:workflow", "grant/nexusflow_app/CREATE"),
    ),
    "CREATE on public for all": change(
        "GRANT CREATE ON SCHEMA public TO PUBLIC", found=("schema:public", "grant/PUBLIC/CREATE")
    ),
    "the database opened to all": change(
        "GRANT CONNECT ON DATABASE nexusflow TO PUBLIC",
        found=("database:nexusflow", "grant/PUBLIC/CONNECT"),
    ),
    "a default privilege": change(
        "ALTER DEFAULT PRIVILEGES FOR ROLE nexusflow_migrator IN SCHEMA workflow "
        "GRANT SELECT ON TABLES TO nexusflow_readonly",
        found=("default:nexusflow_migrator/workflow/tables", "grant/nexusflow_readonly/SELECT"),
        class_=Class.UNMANAGED,
    ),
    "a default privilege of another owner": change(
        "ALTER DEFAULT PRIVILEGES FOR ROLE nexusflow_admin GRANT SELECT ON TABLES TO PUBLIC",
        found=("default:nexusflow_admin//tables", "grant/PUBLIC/SELECT"),
        class_=Class.UNMANAGED,
    ),
    "default privileges revoked": change(
        "ALTER DEFAULT PRIVILEGES FOR ROLE nexusflow_migrator IN SCHEMA public "
        "REVOKE ALL ON TABLES FROM nexusflow_readonly",
        found=("default:nexusflow_migrator/public/tables", "grant/nexusflow_readonly/SELECT"),
    ),
    "future functions opened to all": change(
        "ALTER DEFAULT PRIVILEGES FOR ROLE nexusflow_migrator GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
        found=("default:nexusflow_migrator//functions", "grant/PUBLIC/EXECUTE"),
    ),
    "a membership": change(
        "GRANT nexusflow_migrator TO nexusflow_app", found=(APP, "membership/nexusflow_migrator")
    ),
    "a membership with admin option": change(
        "GRANT nexusflow_migrator TO nexusflow_master WITH ADMIN OPTION",
        found=("role:nexusflow_master", "membership/nexusflow_migrator"),
    ),
    "CREATEROLE": change(
        "ALTER ROLE nexusflow_app CREATEROLE", found=(APP, "attribute/createrole")
    ),
    "a connection limit": change(
        "ALTER ROLE nexusflow_app CONNECTION LIMIT -1", found=(APP, "attribute/connection_limit")
    ),
    "an expiry": change(
        "ALTER ROLE nexusflow_app VALID UNTIL '2030-01-01'", found=(APP, "attribute/valid_until")
    ),
    "an owner that may log in": change(
        "ALTER ROLE nexusflow_migrator LOGIN", found=("role:nexusflow_migrator", "attribute/login")
    ),
    "BYPASSRLS": change(
        "ALTER ROLE nexusflow_app BYPASSRLS",
        found=(APP, "attribute/bypassrls"),
        by=By.SUPERUSER,
    ),
    "SUPERUSER": change(
        "ALTER ROLE nexusflow_readonly SUPERUSER",
        found=("role:nexusflow_readonly", "attribute/superuser"),
        by=By.SUPERUSER,
    ),
    "a setting of a role": change(
        "ALTER ROLE nexusflow_app SET row_security TO off", found=(APP, "setting/row_security")
    ),
    "a setting of a role in one database": change(
        "ALTER ROLE nexusflow_app IN DATABASE nexusflow SET search_path TO evil, public",
        found=(APP, "setting/nexusflow/search_path"),
    ),
    "a documented setting taken away": change(
        "ALTER ROLE nexusflow_readonly RESET default_transaction_read_only",
        found=("role:nexusflow_readonly", "setting/default_transaction_read_only"),
    ),
    "a setting that is a superuser's": change(
        "ALTER ROLE nexusflow_app SET log_statement TO 'all'",
        found=(APP, "setting/log_statement"),
        by=By.SUPERUSER,
    ),
    "a table's owner": change(
        "ALTER TABLE public.users OWNER TO nexusflow_app",
        found={("public.users", "owner"), ("public.users", "grant/nexusflow_app/SELECT")}
        | {("public.users", f"grant/nexusflow_app/{each}") for each in ("INSERT", "UPDATE")}
        | {("public.users", "grant/nexusflow_app/DELETE")},
    ),
    "a schema's owner": change(
        "ALTER SCHEMA audit OWNER TO nexusflow_admin",
        found={("schema:audit", "owner"), ("schema:audit", "grant/nexusflow_admin/USAGE")},
    ),
    "a table whose owner is a superuser": change(
        "ALTER TABLE public.plans OWNER TO rdsadmin",
        found=("public.plans", "owner"),
        by=By.SUPERUSER,
    ),
    "a new login": change(
        "CREATE ROLE intruder LOGIN PASSWORD 'x'",
        "GRANT nexusflow_migrator TO intruder",
        found={
            ("role:intruder", "attribute/login"),
            ("role:intruder", "membership/nexusflow_migrator"),
        },
        undo=["DROP ROLE intruder"],
        class_=Class.UNMANAGED,
    ),
    "a SECURITY DEFINER function": change(
        "CREATE FUNCTION public.leak(integer) RETURNS bigint LANGUAGE sql SECURITY DEFINER "
        "AS 'SELECT count(*) FROM public.contacts'",
        "ALTER FUNCTION public.leak(integer) OWNER TO nexusflow_migrator",
        "GRANT EXECUTE ON FUNCTION public.leak(integer) TO PUBLIC",
        found={
            ("function:public.leak(integer)", "attribute/security_definer"),
            ("function:public.leak(integer)", "grant/PUBLIC/EXECUTE"),
        },
        undo=["DROP FUNCTION public.leak(integer)"],
        class_=Class.UNMANAGED,
    ),
    "a SECURITY DEFINER function of a superuser": change(
        "CREATE FUNCTION public.root() RETURNS bigint LANGUAGE sql SECURITY DEFINER "
        "AS 'SELECT 1::bigint'",
        found={
            ("function:public.root()", "attribute/security_definer"),
            ("function:public.root()", "grant/PUBLIC/EXECUTE"),
        },
        by=By.SUPERUSER,
        undo=["DROP FUNCTION public.root()"],
        class_=Class.UNMANAGED,
    ),
    "a table made by hand": change(
        "CREATE TABLE public.notes (id int)",
        "ALTER TABLE public.notes OWNER TO nexusflow_migrator",
        found=("public.notes", "exists"),
        by=By.PERSON,
        undo=["DROP TABLE public.notes"],
        class_=Class.UNMANAGED,
    ),
    "a view made by hand": change(
        "CREATE VIEW public.all_contacts AS SELECT * FROM public.contacts",
        found=("public.all_contacts", "exists"),
        by=By.PERSON,
        undo=["DROP VIEW public.all_contacts"],
        class_=Class.UNMANAGED,
    ),
    "a schema made by hand": change(
        "CREATE SCHEMA side AUTHORIZATION nexusflow_admin",
        found=("schema:side", "exists"),
        by=By.PERSON,
        undo=["DROP SCHEMA side"],
        class_=Class.UNMANAGED,
    ),
    "a partition opened past its parent's policy": change(
        "CREATE TABLE workflow.runs (id int, at date) PARTITION BY RANGE (at)",
        "CREATE TABLE workflow.runs_2026 PARTITION OF workflow.runs "
        "FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
        "ALTER TABLE workflow.runs_2026 OWNER TO nexusflow_migrator",
        "ALTER TABLE workflow.runs_2026 FORCE ROW LEVEL SECURITY",
        "ALTER TABLE workflow.runs OWNER TO nexusflow_migrator",
        "GRANT SELECT ON workflow.runs_2026 TO nexusflow_readonly",
        found={
            ("workflow.runs", "exists"),
            ("workflow.runs_2026", "attribute/row_level_security"),
            ("workflow.runs_2026", "grant/nexusflow_readonly/SELECT"),
        },
        by=By.PERSON,
        undo=["DROP TABLE workflow.runs"],
        class_=Class.DRIFT,
    ),
}
