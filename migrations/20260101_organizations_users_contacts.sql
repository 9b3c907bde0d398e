-- The core tables of the documentation. Every table gets its row-level security in the same
-- transaction; database/rls.py holds the same policies for drift detection.
--
-- organizations references plans, of which the documentation defines only the key. Prices belong to
-- the billing system. Every tenant reads all plans.
--
-- A table that references users or contacts needs the composite key (organization_id, id), so that
-- no row can reference another tenant's. No table here does.

-- Up
CREATE TABLE public.plans (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    name VARCHAR(100) UNIQUE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT NOW()
);

ALTER TABLE public.plans ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.plans FORCE ROW LEVEL SECURITY;
CREATE POLICY plans_shared_read ON public.plans FOR SELECT USING (true);
CREATE POLICY plans_shared_write ON public.plans FOR ALL TO nexusflow_admin
    USING (true) WITH CHECK (true);
CREATE POLICY plans_owner ON public.plans FOR ALL TO nexusflow_migrator
    USING (true) WITH CHECK (true);

CREATE TABLE public.organizations (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    name VARCHAR(255) NOT NULL,
    slug VARCHAR(100) UNIQUE NOT NULL,
    plan_id UUID REFERENCES public.plans(id),
    settings JSONB DEFAULT '{}',
    subscription_status VARCHAR(50) DEFAULT 'active',
    trial_ends_at TIMESTAMP WITH TIME ZONE,
    billing_email VARCHAR(255),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    deleted_at TIMESTAMP WITH TIME ZONE
);

CREATE INDEX idx_organizations_slug ON public.organizations(slug);
CREATE INDEX idx_organizations_plan ON public.organizations(plan_id);
CREATE INDEX idx_organizations_status ON public.organizations(subscription_status)
    WHERE deleted_at IS NULL;

ALTER TABLE public.organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.organizations FORCE ROW LEVEL SECURITY;
CREATE POLICY organizations_org_isolation ON public.organizations FOR ALL
    USING (id = (SELECT NULLIF(current_setting('app.current_org_id', true), '')::uuid))
    WITH CHECK (id = (SELECT NULLIF(current_setting('app.current_org_id', true), '')::uuid));
CREATE POLICY organizations_owner ON public.organizations FOR ALL TO nexusflow_migrator
    USING (true) WITH CHECK (true);

CREATE TABLE public.users (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id UUID NOT NULL REFERENCES public.organizations(id),
    email VARCHAR(255) NOT NULL,
    password_hash VARCHAR(255),
    name VARCHAR(255),
    role VARCHAR(50) DEFAULT 'member',
    settings JSONB DEFAULT '{}',
    email_verified_at TIMESTAMP WITH TIME ZONE,
    last_login_at TIMESTAMP WITH TIME ZONE,
    login_count INTEGER DEFAULT 0,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT uk_users_org_email UNIQUE(organization_id, email)
);

CREATE INDEX idx_users_organization ON public.users(organization_id)
    WHERE deleted_at IS NULL;
CREATE INDEX idx_users_email ON public.users(email)
    WHERE deleted_at IS NULL;
CREATE INDEX idx_users_role ON public.users(organization_id, role)
    WHERE deleted_at IS NULL;

ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.users FORCE ROW LEVEL SECURITY;
CREATE POLICY users_org_isolation ON public.users FOR ALL
    USING (organization_id =
        (SELECT NULLIF(current_setting('app.current_org_id', true), '')::uuid))
    WITH CHECK (organization_id =
        (SELECT NULLIF(current_setting('app.current_org_id', true), '')::uuid));
CREATE POLICY users_owner ON public.users FOR ALL TO nexusflow_migrator
    USING (true) WITH CHECK (true);

CREATE TABLE public.contacts (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id UUID NOT NULL REFERENCES public.organizations(id),
    external_id VARCHAR(255),
    email VARCHAR(255),
    first_name VARCHAR(100),
    last_name VARCHAR(100),
    company VARCHAR(255),
    title VARCHAR(255),
    phone VARCHAR(50),
    source VARCHAR(100),
    status VARCHAR(50) DEFAULT 'active',
    score INTEGER DEFAULT 0,
    tags TEXT[],
    custom_fields JSONB DEFAULT '{}',
    last_activity_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    deleted_at TIMESTAMP WITH TIME ZONE
);

CREATE INDEX idx_contacts_organization ON public.contacts(organization_id)
    WHERE deleted_at IS NULL;
CREATE INDEX idx_contacts_email ON public.contacts(organization_id, email)
    WHERE deleted_at IS NULL;
CREATE INDEX idx_contacts_external ON public.contacts(organization_id, external_id)
    WHERE external_id IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX idx_contacts_status ON public.contacts(organization_id, status)
    WHERE deleted_at IS NULL;
CREATE INDEX idx_contacts_tags ON public.contacts USING GIN(tags)
    WHERE deleted_at IS NULL;
CREATE INDEX idx_contacts_custom_fields ON public.contacts USING GIN(custom_fields)
    WHERE deleted_at IS NULL;

ALTER TABLE public.contacts ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.contacts FORCE ROW LEVEL SECURITY;
CREATE POLICY contacts_org_isolation ON public.contacts FOR ALL
    USING (organization_id =
        (SELECT NULLIF(current_setting('app.current_org_id', true), '')::uuid))
    WITH CHECK (organization_id =
        (SELECT NULLIF(current_setting('app.current_org_id', true), '')::uuid));
CREATE POLICY contacts_owner ON public.contacts FOR ALL TO nexusflow_migrator
    USING (true) WITH CHECK (true);

-- Down
DROP TABLE public.contacts;
DROP TABLE public.users;
DROP TABLE public.organizations;
DROP TABLE public.plans;
