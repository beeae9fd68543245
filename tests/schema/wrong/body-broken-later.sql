create table private.scratchpad (id uuid primary key);
create function private.count_scratch() returns bigint
language sql
set search_path = ''
as $$
    select count(*)
    from private.scratchpad; -- wrong: function-body
$$;
drop table private.scratchpad;
