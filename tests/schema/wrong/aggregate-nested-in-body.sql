create function private.aggregate_usage_summary(period text) returns void
language plpgsql
set search_path = ''
as $$
declare
    total jsonb;
begin
    if period = 'day' then
        select jsonb_object_agg(m.user_id, sum(m.tokens)) into total -- wrong: function-body
        from public.messages m;
    end if;
end;
$$;
