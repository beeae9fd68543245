create function private.count_all(minimum integer) returns bigint
language plpgsql
set search_path = ''
as $$
declare
    found_rows bigint;
begin
    if minimum > 0 then
        found_rows := (select count(*) from public.mesages); -- wrong: function-body
    end if;
    return found_rows;
end;
$$;
