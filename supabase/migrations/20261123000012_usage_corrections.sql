-- Usage, corrected: what was wrong in the ledger is put right by further rows, which refer to what they correct and lie at its
-- time. So every total of that time follows, the counters of a period that is not over do, and so does the balance.

create function private.lock_corrections() returns void
language sql
set search_path = ''
as $$
    select pg_advisory_xact_lock(hashtextextended('groundwork.usage_corrections', 0));
$$;
comment on function private.lock_corrections() is
    'Waits for other corrections, and keeps them out until the end of the transaction: two must not correct the same thing.';
revoke all on function private.lock_corrections() from public, anon, authenticated, service_role;

create function private.adjust_usage(
    organization_id uuid, usage_id uuid, reason text, cost_usd numeric, tokens_input bigint, tokens_output bigint,
    tokens_cached bigint, request_id text
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    call public.api_usage;
    correction public.api_usage;
    correction_id constant uuid := gen_random_uuid();
    zone text;
begin
    perform private.lock_corrections();
    zone := private.lock_limits(organization_id);
    select u.* into call from public.api_usage u where u.organization_id = organization_id and u.id = usage_id;
    if not found then
        raise sqlstate 'PT404' using
            message = 'There is no such call in the ledger of the organization', hint = 'Check the ids; retention may have dropped the month.';
    end if;
    if call.adjusts_id is not null then
        raise sqlstate 'PT400' using
            message = 'This is a correction itself', hint = format('Correct the call once more: %s.', call.adjusts_id);
    end if;
    if request_id is not null then
        insert into private.usage_requests (organization_id, request_id, usage_id, usage_created_at)
        values (organization_id, request_id, correction_id, call.created_at)
        on conflict on constraint usage_requests_once do nothing;
        if not found then
            correction := private.find_request(organization_id, request_id);
            if correction.id is not null and correction.adjusts_id is distinct from usage_id then
                raise sqlstate 'PT409' using
                    message = 'This request id is in the ledger already, and not as a correction of this call',
                    hint = 'A new correction needs a new p_request_id.';
            end if;
            return private.usage_answer(correction.id, correction.tokens_used, correction.cost_usd, false);
        end if;
    end if;
    insert into public.api_usage (
        organization_id, id, user_id, api_key_id, endpoint, model_name, tokens_input, tokens_cached, tokens_output, cost_usd,
        request_id, reported_by_client, adjusts_id, adjusts_unpriced, adjustment_reason, created_at, recorded_at
    )
    values (
        organization_id, correction_id, call.user_id, call.api_key_id, call.endpoint, call.model_name,
        tokens_input, tokens_cached, tokens_output, coalesce(cost_usd, 0), request_id, call.reported_by_client, usage_id,
        call.cost_usd is null and cost_usd is not null and not exists (
            select from public.api_usage u
            where u.organization_id = organization_id and u.adjusts_id = usage_id and u.adjusts_unpriced
        ),
        reason, call.created_at, clock_timestamp()
    )
    returning * into correction;
    perform private.count_recorded(array[correction], zone);
    return private.usage_answer(correction.id, correction.tokens_used, correction.cost_usd, true);
end;
$$;
comment on function private.adjust_usage(uuid, uuid, text, numeric, bigint, bigint, bigint, text) is
    'What public.adjust_usage does, with the rights to write the ledger.';
revoke all on function private.adjust_usage(uuid, uuid, text, numeric, bigint, bigint, bigint, text)
    from public, anon, authenticated, service_role;
grant execute on function private.adjust_usage(uuid, uuid, text, numeric, bigint, bigint, bigint, text) to service_role;

create function public.adjust_usage(
    p_organization_id uuid,
    p_usage_id uuid,
    p_reason text,
    p_cost_usd numeric default null,
    p_tokens_input bigint default 0,
    p_tokens_output bigint default 0,
    p_tokens_cached bigint default 0,
    p_request_id text default null
) returns jsonb
language sql
set search_path = ''
as $$
    select private.adjust_usage(
        p_organization_id, p_usage_id, p_reason, p_cost_usd, p_tokens_input, p_tokens_output, p_tokens_cached, p_request_id
    );
$$;
comment on function public.adjust_usage(uuid, uuid, text, numeric, bigint, bigint, bigint, text) is
    'For the service role: corrects a call in the ledger by differences, which may be negative, with a reason. Returns {id, tokens_used, '
    'cost_usd, unpriced, recorded} of the correction; a retry with the same p_request_id returns the first one and recorded false. Raises '
    'PT400 for a correction of a correction, PT404, and PT409 where p_request_id is another row''s.';
revoke all on function public.adjust_usage(uuid, uuid, text, numeric, bigint, bigint, bigint, text)
    from public, anon, authenticated, service_role;
grant execute on function public.adjust_usage(uuid, uuid, text, numeric, bigint, bigint, bigint, text) to service_role;

create function private.reprice_usage(
    for_model text, starts timestamptz, ends timestamptz, reason text, for_organization uuid
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    corrections public.api_usage [];
begin
    if starts is null or ends is null or starts >= ends then
        raise sqlstate 'PT400' using
            message = 'p_from is not before p_to', hint = 'Name the time in which the calls were made that are to be priced anew.';
    end if;
    perform private.lock_corrections();
    perform private.lock_limits(o.organization_id)
    from (
        select distinct u.organization_id from public.api_usage u
        where u.model_name = for_model
            and u.created_at >= starts
            and u.created_at < ends
            and (for_organization is null or u.organization_id = for_organization)
        order by 1
    ) o;

    with calls as (
        -- Not those whose cost was said by whoever recorded them.
        select u.* from public.api_usage u
        where u.model_name = for_model
            and u.created_at >= starts
            and u.created_at < ends
            and (for_organization is null or u.organization_id = for_organization)
            and u.adjusts_id is null
            and (u.pricing_id is not null or u.cost_usd is null)
    ),
    prices as (
        select p.*, lead(p.valid_from, 1, 'infinity') over (order by p.valid_from) as valid_to
        from public.model_pricing p
        where p.model_name = for_model and p.superseded_at is null
    ),
    earlier as (
        select
            u.organization_id, u.adjusts_id,
            -- A sum that somebody granted or charged, which no tokens explain, stands beside the price.
            sum(u.cost_usd) filter (
                where u.pricing_id is not null or u.adjusts_unpriced or (u.tokens_input, u.tokens_cached, u.tokens_output) <> (0, 0, 0)
            ) as cost_usd,
            bool_or(u.adjusts_unpriced) as is_priced, sum(u.tokens_input)::bigint as tokens_input, sum(u.tokens_cached)::bigint as tokens_cached,
            sum(u.tokens_output)::bigint as tokens_output
        from public.api_usage u
        join calls c on c.organization_id = u.organization_id and c.id = u.adjusts_id
        group by 1, 2
    ),
    compared as (
        select
            c.*,
            trim_scale((
                p.input_per_million * (c.tokens_input + coalesce(e.tokens_input, 0) - c.tokens_cached - coalesce(e.tokens_cached, 0))
                + coalesce(p.cached_input_per_million, p.input_per_million) * (c.tokens_cached + coalesce(e.tokens_cached, 0))
                + p.output_per_million * (c.tokens_output + coalesce(e.tokens_output, 0))
            ) * 0.000001) - coalesce(c.cost_usd, 0) - coalesce(e.cost_usd, 0) as difference,
            c.cost_usd is null and not coalesce(e.is_priced, false) as was_unpriced,
            p.id as new_pricing_id
        from calls c
        join prices p on c.created_at >= p.valid_from and c.created_at < p.valid_to
        left join earlier e on e.organization_id = c.organization_id and e.adjusts_id = c.id
    ),
    written as (
        insert into public.api_usage as u (
            organization_id, user_id, api_key_id, endpoint, model_name, cost_usd, reported_by_client, pricing_id,
            adjusts_id, adjusts_unpriced, adjustment_reason, created_at, recorded_at
        )
        select
            c.organization_id, c.user_id, c.api_key_id, c.endpoint, c.model_name, c.difference, c.reported_by_client, c.new_pricing_id,
            c.id, c.was_unpriced, reason, c.created_at, clock_timestamp()
        from compared c
        where c.difference <> 0 or c.was_unpriced
        returning u.*
    )
    select array_agg(row(w.*)::public.api_usage) into corrections from written w;
    if corrections is not null then
        perform private.count_recorded(
            corrections, (select o.time_zone from public.organizations o where o.id = (corrections[1]).organization_id)
        );
    end if;
    return (
        select jsonb_build_object('corrected', count(*), 'cost_usd', coalesce(trim_scale(sum(c.cost_usd)), 0))
        from unnest(corrections) c
    );
end;
$$;
comment on function private.reprice_usage(text, timestamptz, timestamptz, text, uuid) is
    'What public.reprice_usage does, with the rights to write the ledger.';
revoke all on function private.reprice_usage(text, timestamptz, timestamptz, text, uuid) from public, anon, authenticated, service_role;
grant execute on function private.reprice_usage(text, timestamptz, timestamptz, text, uuid) to service_role;

create function public.reprice_usage(
    p_model_name text,
    p_from timestamptz,
    p_to timestamptz default 'infinity',
    p_reason text default 'Price corrected',
    p_organization_id uuid default null
) returns jsonb
language sql
set search_path = ''
as $$
    select private.reprice_usage(p_model_name, p_from, p_to, p_reason, p_organization_id);
$$;
comment on function public.reprice_usage(text, timestamptz, timestamptz, text, uuid) is
    'For the service role, after set_model_price said what a model really cost: corrects every call of that time, of one organization or of '
    'all, whose cost was computed from its tokens or not known, by the difference to what model_pricing says now; what adjust_usage changed of the '
    'cost alone stays. Returns {corrected, cost_usd}. '
    'A second run corrects nothing, or what was recorded meanwhile at the old price. Raises PT400.';
revoke all on function public.reprice_usage(text, timestamptz, timestamptz, text, uuid) from public, anon, authenticated, service_role;
grant execute on function public.reprice_usage(text, timestamptz, timestamptz, text, uuid) to service_role;

-- What has no price ---------------------------------------------------------------------------------------

create index token_usage_summary_unpriced on public.token_usage_summary (model_name) where period = 'month' and unpriced <> 0;

create function private.unpriced_models() returns table (model_name text, requests bigint, organizations bigint)
language sql stable
security definer
set search_path = ''
as $$
    select u.model_name, sum(u.unpriced)::bigint, count(distinct u.organization_id)
    from (
        select s.model_name, s.organization_id, s.unpriced
        from public.token_usage_summary s
        where s.period = 'month' and s.unpriced <> 0
        union all
        select n.model_name, n.organization_id, n.unpriced from private.usage_unsummed n where n.unpriced <> 0
        union all
        select p.model_name, p.organization_id, p.unpriced from private.usage_pending p where p.unpriced <> 0
    ) u
    group by u.model_name
    having sum(u.unpriced) > 0
    order by 2 desc, 1;
$$;
comment on function private.unpriced_models() is 'What public.get_unpriced_models does, with the rights to read what is not rolled up yet.';
revoke all on function private.unpriced_models() from public, anon, authenticated, service_role;
grant execute on function private.unpriced_models() to service_role;

create function public.get_unpriced_models() returns table (model_name text, requests bigint, organizations bigint)
language sql stable
set search_path = ''
as $$
    select * from private.unpriced_models();
$$;
comment on function public.get_unpriced_models() is
    'For the service role: the models that were called and have no price, with how many calls, of how many organizations, lack a cost. '
    'set_model_price and reprice_usage give it to them.';
revoke all on function public.get_unpriced_models() from public, anon, authenticated, service_role;
grant execute on function public.get_unpriced_models() to service_role;
