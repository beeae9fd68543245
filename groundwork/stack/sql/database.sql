-- What a Supabase project's database holds before the first migration. Safe to run again.
grant all on database {database} to {owner} with grant option;
grant connect on database {database} to authenticator, supabase_auth_admin, supabase_storage_admin;
alter database {database} set search_path = "$user", public, extensions;

create schema if not exists public;
grant all on schema public to {owner} with grant option;
grant usage on schema public to anon, authenticated, service_role;

create schema if not exists extensions;
grant all on schema extensions to {owner} with grant option;
grant usage on schema extensions to anon, authenticated, service_role;

-- Tables in auth and storage are made by Auth and Storage, which own them; {owner} may read them, reference
-- them and put triggers on them, and may seed users.
create schema if not exists auth authorization supabase_auth_admin;
grant usage on schema auth to anon, authenticated, service_role, {owner};
alter default privileges for role supabase_auth_admin in schema auth grant all on tables to {owner};
alter default privileges for role supabase_auth_admin in schema auth grant all on sequences to {owner};
alter default privileges for role supabase_auth_admin in schema auth grant all on functions to {owner};

create schema if not exists storage authorization supabase_storage_admin;
grant usage on schema storage to anon, authenticated, service_role;
grant usage on schema storage to {owner} with grant option;
alter default privileges for role supabase_storage_admin in schema storage
  grant all on tables to anon, authenticated, service_role, {owner};
alter default privileges for role supabase_storage_admin in schema storage
  grant all on functions to anon, authenticated, service_role, {owner};

do $$
begin
  if not exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
  end if;
end
$$;
alter publication supabase_realtime owner to {owner};
