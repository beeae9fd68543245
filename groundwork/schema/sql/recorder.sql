-- Notes in scratch databases which statement made or changed which object: the number of the statement is the
-- setting groundwork.statement.
create schema groundwork_scratch;

create table groundwork_scratch.touched (
  statement integer not null,
  classid oid not null,
  objid oid not null,
  tag text not null,
  identity text
);

create function groundwork_scratch.record() returns event_trigger language plpgsql security definer
set search_path = '' as $$
begin
  insert into groundwork_scratch.touched (statement, classid, objid, tag, identity)
  select current_setting('groundwork.statement')::integer, c.classid, c.objid, c.command_tag, c.object_identity
  from pg_catalog.pg_event_trigger_ddl_commands() c
  where c.classid is not null and nullif(current_setting('groundwork.statement', true), '') is not null;
end
$$;

create event trigger groundwork_record on ddl_command_end execute function groundwork_scratch.record();
