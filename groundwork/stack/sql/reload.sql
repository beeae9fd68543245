-- As on hosted Supabase, the Data API sees what DDL made without being told.
create or replace function extensions.groundwork_reload() returns event_trigger language plpgsql
set search_path = '' as $$
begin
  notify pgrst, 'reload schema';
end
$$;

drop event trigger if exists groundwork_ddl;
create event trigger groundwork_ddl on ddl_command_end execute function extensions.groundwork_reload();

drop event trigger if exists groundwork_drop;
create event trigger groundwork_drop on sql_drop execute function extensions.groundwork_reload();
