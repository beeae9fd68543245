create function private.reset_tokens() returns void
language plpgsql
set search_path = ''
as $$
begin
    update public.messages set tokens = 0 where tokens < 0;
    with spoken as (
        select user_id from public.messages
    )
    update public.messages m -- wrong: unsafe-update
    set tokens = 0
    from spoken;
end;
$$;
