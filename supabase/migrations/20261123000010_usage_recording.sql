-- Usage, recorded: what the service role says of calls that were made, one by one or together, each once.
--
-- They are counted for every quota and drawn on the balance, and never refused: what is made is made. To refuse a call before
-- it is made, it has to be reserved.

-- Writing the ledger --------------------------------------------------------------------------------------

create function private.write_usage(
    usage_id uuid, organization_id uuid, user_id uuid, api_key_id uuid, endpoint text, model_name text,
    tokens_input bigint, tokens_cached bigint, tokens_output bigint, cost_usd numeric, request_id text, created_at timestamptz
) returns public.api_usage
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    price_id uuid;
    usage public.api_usage;
begin
    if request_id is not null then
        insert into private.usage_requests (organization_id, request_id, usage_id, usage_created_at)
        values (organization_id, request_id, usage_id, created_at)
        on conflict on constraint usage_requests_once do nothing;
        if not found then
            return null;
        end if;
    end if;
    if cost_usd is null then
        -- As private.usage_cost, which would take as long again.
        select
            p.id,
            trim_scale((
                p.input_per_million * (tokens_input - tokens_cached)
                + coalesce(p.cached_input_per_million, p.input_per_million) * tokens_cached
                + p.output_per_million * tokens_output
            ) * 0.000001)
        into price_id, cost_usd
        from public.model_pricing p
        where p.model_name = model_name and p.valid_from <= created_at and p.superseded_at is null
        order by p.valid_from desc
        limit 1;
    end if;
    insert into public.api_usage (
        organization_id, id, user_id, api_key_id, endpoint, model_name, tokens_input, tokens_cached, tokens_output,
        cost_usd, request_id, reported_by_client, pricing_id, created_at, recorded_at
    )
    values (
        organization_id, usage_id, user_id, api_key_id, endpoint, model_name, tokens_input, tokens_cached, tokens_output,
        cost_usd, request_id, false, price_id, created_at, clock_timestamp()
    )
    returning * into usage;
    return usage;
end;
$$;
comment on function private.write_usage(
    uuid, uuid, uuid, uuid, text, text, bigint, bigint, bigint, numeric, text, timestamptz
) is
    'Puts a call into the ledger, at the price of its time where no cost is given, and returns the row; null where its request is in the '
    'ledger already.';
revoke all on function private.write_usage(
    uuid, uuid, uuid, uuid, text, text, bigint, bigint, bigint, numeric, text, timestamptz
) from public, anon, authenticated, service_role;

create function private.find_request(organization_id uuid, request_id text) returns public.api_usage
language sql stable
security definer
set search_path = ''
as $$
    select u.*
    from private.usage_requests r
    join public.api_usage u on u.organization_id = r.organization_id and u.id = r.usage_id and u.created_at = r.usage_created_at
    where r.organization_id = find_request.organization_id and r.request_id = find_request.request_id and r.reporter is null;
$$;
comment on function private.find_request(uuid, text) is
    'The row of the ledger that the service role recorded for a request; null where retention has dropped it.';
revoke all on function private.find_request(uuid, text) from public, anon, authenticated, service_role;

create function private.usage_answer(id uuid, tokens_used bigint, cost_usd numeric, is_new boolean) returns jsonb
language plpgsql immutable
set search_path = ''
as $$
begin
    return jsonb_build_object(
        'id', id, 'tokens_used', tokens_used, 'cost_usd', cost_usd, 'unpriced', id is not null and cost_usd is null, 'recorded', is_new
    );
end;
$$;
comment on function private.usage_answer(uuid, bigint, numeric, boolean) is 'What the functions of the service role say of a row of the ledger.';
revoke all on function private.usage_answer(uuid, bigint, numeric, boolean) from public, anon, authenticated, service_role;

create function private.count_recorded(recorded public.api_usage [], zone text) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform private.count_usage(
        (
            select array_agg(
                row(
                    u.organization_id, u.user_id, u.api_key_id, u.created_at,
                    u.tokens_used, u.cost_usd, case when u.adjusts_id is null then 1 else 0 end, 0, 0, 0
                )::private.usage_change
            )
            from unnest(recorded) u
            where not u.reported_by_client
        ),
        zone
    );
    perform private.draw_credit(d.organization_id, d.created_at, d.cost_usd, 0)
    from (
        select u.organization_id, u.created_at, sum(u.cost_usd) as cost_usd
        from unnest(recorded) u
        join private.usage_credit_accounts a on a.organization_id = u.organization_id
        where not u.reported_by_client
        group by u.organization_id, u.created_at
        order by u.organization_id, u.created_at
    ) d;
end;
$$;
comment on function private.count_recorded(public.api_usage [], text) is
    'Counts new rows of the ledger for the quotas and the balances of their organizations. Returns nothing. The caller holds '
    'private.lock_limits of each, and says what that returned where there is one row alone.';
revoke all on function private.count_recorded(public.api_usage [], text) from public, anon, authenticated, service_role;

-- Recording -----------------------------------------------------------------------------------------------

create function private.refuse_future(created_at timestamptz) returns void
language plpgsql
set search_path = ''
as $$
begin
    raise sqlstate 'PT400' using
        message = format('A call cannot be recorded for %s, which is to come', created_at),
        hint = 'Check p_created_at and the clock of the machine that says so; five minutes of difference are allowed.';
end;
$$;
comment on function private.refuse_future(timestamptz) is 'Raises PT400.';
revoke all on function private.refuse_future(timestamptz) from public, anon, authenticated, service_role;

create function private.record_api_usage(
    organization_id uuid, endpoint text, model_name text, tokens_input bigint, tokens_output bigint, tokens_cached bigint,
    user_id uuid, api_key_id uuid, request_id text, cost_usd numeric, created_at timestamptz
) returns jsonb
language plpgsql
security definer
set search_path = ''
-- The plans are the same whoever calls, and making one takes longer than all the rest.
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_variable
declare
    zone text;
    usage public.api_usage;
begin
    if created_at > clock_timestamp() + interval '5 minutes' then
        perform private.refuse_future(created_at);
    end if;
    zone := private.lock_limits(organization_id);
    usage := private.write_usage(
        gen_random_uuid(), organization_id, user_id, api_key_id, endpoint, model_name, tokens_input, tokens_cached, tokens_output,
        cost_usd, request_id, coalesce(created_at, clock_timestamp())
    );
    if usage.id is null then
        usage := private.find_request(organization_id, request_id);
        return private.usage_answer(usage.id, usage.tokens_used, usage.cost_usd, false);
    end if;
    perform private.count_usage(
        array[
            row(organization_id, user_id, api_key_id, usage.created_at, usage.tokens_used, usage.cost_usd, 1, 0, 0, 0)::private.usage_change
        ],
        zone
    );
    if exists (select from private.usage_credit_accounts a where a.organization_id = organization_id) then
        perform private.draw_credit(organization_id, usage.created_at, usage.cost_usd, 0);
    end if;
    return private.usage_answer(usage.id, usage.tokens_used, usage.cost_usd, true);
end;
$$;
comment on function private.record_api_usage(
    uuid, text, text, bigint, bigint, bigint, uuid, uuid, text, numeric, timestamptz
) is 'What public.record_api_usage does, with the rights to write the ledger.';
revoke all on function private.record_api_usage(
    uuid, text, text, bigint, bigint, bigint, uuid, uuid, text, numeric, timestamptz
) from public, anon, authenticated, service_role;
grant execute on function private.record_api_usage(
    uuid, text, text, bigint, bigint, bigint, uuid, uuid, text, numeric, timestamptz
) to service_role;

create function public.record_api_usage(
    p_organization_id uuid,
    p_endpoint text,
    p_model_name text,
    p_tokens_input bigint default 0,
    p_tokens_output bigint default 0,
    p_tokens_cached bigint default 0,
    p_user_id uuid default null,
    p_api_key_id uuid default null,
    p_request_id text default null,
    p_cost_usd numeric default null,
    p_created_at timestamptz default null
) returns jsonb
language plpgsql
set search_path = ''
as $$
begin
    return private.record_api_usage(
        p_organization_id, p_endpoint, p_model_name, p_tokens_input, p_tokens_output, p_tokens_cached,
        p_user_id, p_api_key_id, p_request_id, p_cost_usd, p_created_at
    );
end;
$$;
comment on function public.record_api_usage(
    uuid, text, text, bigint, bigint, bigint, uuid, uuid, text, numeric, timestamptz
) is
    'For the service role: puts a call that was made into the ledger and counts it for every limit; it is not refused. p_tokens_input includes '
    'p_tokens_cached. Without p_cost_usd the price of the model at p_created_at (now) decides; where none is known the cost is null and '
    'unpriced is true. Returns {id, tokens_used, cost_usd, unpriced, recorded}; a retry with the '
    'same p_request_id returns the first call and recorded false. Raises PT400 for a time to come.';
revoke all on function public.record_api_usage(
    uuid, text, text, bigint, bigint, bigint, uuid, uuid, text, numeric, timestamptz
) from public, anon, authenticated, service_role;
grant execute on function public.record_api_usage(
    uuid, text, text, bigint, bigint, bigint, uuid, uuid, text, numeric, timestamptz
) to service_role;

create type private.usage_call as (
    organization_id uuid, user_id uuid, api_key_id uuid, endpoint text, model_name text,
    tokens_input bigint, tokens_cached bigint, tokens_output bigint, cost_usd numeric, request_id text, created_at timestamptz
);

create function private.record_api_usage_batch(given jsonb) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    calls private.usage_call [];
    count_them boolean;
    recorded public.api_usage [];
    answer jsonb;
begin
    if jsonb_typeof(given) is distinct from 'array' or jsonb_array_length(given) > 10000 then
        raise sqlstate 'PT400' using
            message = 'p_calls is not an array of at most 10,000 calls', hint = 'Send a JSON array; split what is longer.';
    end if;
    select array_agg(c) into calls from jsonb_populate_recordset(null::private.usage_call, given) c;
    perform private.refuse_future(c.created_at) from unnest(calls) c where c.created_at > clock_timestamp() + interval '5 minutes';

    -- In one order, for whoever sends calls of the same organizations at the same time.
    perform private.lock_limits(o.organization_id)
    from (select distinct c.organization_id from unnest(calls) c order by 1) o;
    count_them := exists (
        select from unnest(calls) c
        where exists (select from public.usage_quotas q where q.organization_id = c.organization_id)
            or exists (select from private.usage_credit_accounts a where a.organization_id = c.organization_id)
    );

    with numbered as materialized (
        select
            c.organization_id, c.user_id, c.api_key_id, c.endpoint, c.model_name, coalesce(c.tokens_input, 0) as tokens_input,
            coalesce(c.tokens_cached, 0) as tokens_cached, coalesce(c.tokens_output, 0) as tokens_output, c.cost_usd,
            c.request_id, coalesce(c.created_at, now()) as created_at, gen_random_uuid() as id
        from unnest(calls) c
    ),
    claimed as (
        insert into private.usage_requests (organization_id, request_id, usage_id, usage_created_at)
        select n.organization_id, n.request_id, n.id, n.created_at
        from numbered n
        where n.request_id is not null
        order by n.organization_id, n.request_id
        on conflict on constraint usage_requests_once do nothing
        returning usage_id
    ),
    fresh as (
        select n.* from numbered n
        where n.request_id is null or n.id in (select c.usage_id from claimed c)
    ),
    prices as (
        select p.*, lead(p.valid_from, 1, 'infinity') over (partition by p.model_name order by p.valid_from) as valid_to
        from public.model_pricing p
        where p.superseded_at is null and p.model_name in (select n.model_name from numbered n)
    ),
    written as (
        insert into public.api_usage as u (
            organization_id, id, user_id, api_key_id, endpoint, model_name, tokens_input, tokens_cached, tokens_output,
            cost_usd, request_id, reported_by_client, pricing_id, created_at, recorded_at
        )
        select
            f.organization_id, f.id, f.user_id, f.api_key_id, f.endpoint, f.model_name, f.tokens_input, f.tokens_cached, f.tokens_output,
            coalesce(
                f.cost_usd,
                trim_scale((
                    p.input_per_million * (f.tokens_input - f.tokens_cached)
                    + coalesce(p.cached_input_per_million, p.input_per_million) * f.tokens_cached
                    + p.output_per_million * f.tokens_output
                ) * 0.000001)
            ),
            f.request_id, false, case when f.cost_usd is null then p.id end, f.created_at, clock_timestamp()
        from fresh f
        left join prices p on p.model_name = f.model_name and f.created_at >= p.valid_from and f.created_at < p.valid_to
        returning u.*
    )
    select
        jsonb_build_object(
            'recorded', count(*), 'duplicates', cardinality(calls) - count(*), 'unpriced', count(*) filter (where w.cost_usd is null),
            'tokens_used', coalesce(sum(w.tokens_used), 0), 'cost_usd', trim_scale(coalesce(sum(w.cost_usd), 0)),
            'unpriced_models', coalesce(
                jsonb_agg(distinct w.model_name) filter (where w.cost_usd is null), '[]'
            )
        ),
        array_agg(row(w.*)::public.api_usage) filter (where count_them)
    into answer, recorded
    from written w;
    if recorded is not null then
        perform private.count_recorded(recorded, (select o.time_zone from public.organizations o where o.id = (calls[1]).organization_id));
    end if;
    return answer;
end;
$$;
comment on function private.record_api_usage_batch(jsonb) is
    'What public.record_api_usage_batch does, with the rights to write the ledger.';
revoke all on function private.record_api_usage_batch(jsonb) from public, anon, authenticated, service_role;
grant execute on function private.record_api_usage_batch(jsonb) to service_role;

create function public.record_api_usage_batch(p_calls jsonb) returns jsonb
language plpgsql
set search_path = ''
as $$
begin
    return private.record_api_usage_batch(p_calls);
end;
$$;
comment on function public.record_api_usage_batch(jsonb) is
    'For the service role: what record_api_usage does, for an array of at most 10,000 {organization_id, endpoint, model_name, tokens_input, '
    'tokens_output, tokens_cached, user_id, api_key_id, request_id, cost_usd, created_at}, all or none. Returns {recorded, duplicates, unpriced, '
    'tokens_used, cost_usd, unpriced_models}. Raises PT400.';
revoke all on function public.record_api_usage_batch(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.record_api_usage_batch(jsonb) to service_role;
