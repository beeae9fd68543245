-- Extensions that only a superuser may make; hosted Supabase makes them on behalf of `postgres`.
create extension if not exists vector with schema extensions;

do $$
begin
  if exists (select from pg_catalog.pg_available_extensions where name = 'pg_stat_statements') then
    create extension if not exists pg_stat_statements with schema extensions;
  end if;
  -- pg_cron lives in one database of a server only.
  if exists (select from pg_catalog.pg_available_extensions where name = 'pg_cron')
     and current_setting('cron.database_name', true) = current_database() then
    create extension if not exists pg_cron;
    grant usage on schema cron to {owner} with grant option;
    grant all on all tables in schema cron to {owner};
    grant all on all sequences in schema cron to {owner};
    grant all on all functions in schema cron to {owner};
  end if;
end
$$;
