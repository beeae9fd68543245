create function private.shorten() returns void
language plpgsql
set search_path = ''
as $$
begin
    update public.messages m
    set content = left(m.contents, 10) -- wrong: function-body
    where m.tokens > 0;
end;
$$;
