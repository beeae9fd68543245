-- The roles of a Supabase project. They belong to the whole server, so another database's stack may have made
-- them already. {owner} is the role that migrations run as: `postgres`, as on hosted Supabase, wherever that is
-- not the server's superuser.
do $$
declare
  wanted record;
begin
  for wanted in
    select *
    from (values
      ('anon', 'nologin'),
      ('authenticated', 'nologin'),
      ('service_role', 'nologin bypassrls'),
      ('authenticator', 'login noinherit'),
      ('supabase_auth_admin', 'login noinherit'),
      ('supabase_storage_admin', 'login noinherit'),
      ({owner_name}, 'login createdb createrole bypassrls')
    ) as roles (name, attributes)
    where name <> current_user
  loop
    if not exists (select from pg_catalog.pg_roles where rolname = wanted.name) then
      execute format('create role %I with %s', wanted.name, wanted.attributes);
      execute format('comment on role %I is %L', wanted.name, 'made by groundwork');
    elsif (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
      execute format('alter role %I with %s', wanted.name, wanted.attributes);
    end if;
  end loop;
end
$$;

grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role to supabase_storage_admin;

alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
