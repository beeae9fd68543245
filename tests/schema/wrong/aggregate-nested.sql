create function private.totals() returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'by_user',
        jsonb_object_agg(m.user_id, sum(m.tokens)) -- wrong: load
    )
    from public.messages m;
$$;
