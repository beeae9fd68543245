create function private.empty_table(name text) returns void
language plpgsql
set search_path = ''
as $$
begin
    execute format('delete from public.messages where id = %L', name);
    execute format('delete from public.%I', name); -- wrong: unsafe-update
end;
$$;
