create function private.broken() returns void
language plpgsql
set search_path = ''
as $$
begin
    if true then
        perform 1;
    end; -- wrong: load
end;
$$;
