create table private.forgotten (id uuid primary key);
alter table private.forgotten enable row level security;

create function private.forget_messages() returns void
language sql
set search_path = ''
as $$
    with gone as (
        delete from public.messages returning id -- wrong: unsafe-update
    )
    insert into private.forgotten (id)
    select id from gone;
    delete from private.forgotten where true;
$$;
