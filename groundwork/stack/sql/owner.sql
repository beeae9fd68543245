-- What hosted Supabase grants, or its supautils extension allows, to the role that runs the migrations.
grant anon, authenticated, service_role, authenticator to {owner} with admin option;
-- Hosted lets it make policies on storage.objects without owning the table; here that needs membership.
grant supabase_storage_admin to {owner};
grant pg_monitor, pg_read_all_data, pg_signal_backend to {owner};
alter role {owner} replication;
