create function private.stamp() returns trigger
language plpgsql
set search_path = ''
as $$
begin
    if new.created_at < now() then
        new.content := new.body || '!'; -- wrong: function-body
    end if;
    return new;
end;
$$;
create trigger messages_stamp before update on public.messages
for each row execute function private.stamp();
