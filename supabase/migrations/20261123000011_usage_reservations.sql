-- Usage, reserved: what the service role calls around a call to a model.
--
--   reserve_usage   before the call: holds an upper bound of it against every limit, or refuses
--   settle_usage    after it: puts the truth into the ledger and gives the bound back
--   release_usage   instead, where there was no call after all
--   report_usage    meanwhile, every second or so: what is charged if whoever made the call dies and never settles it
--
-- Each is one transaction that ends with the ledger, the counters and the balance agreeing. What a call may cost is decided
-- before it is made, under the locks of its own organization's counters: however many run at once, what is spent exceeds a
-- limit by what calls cost beyond their bounds and by nothing else.

create function private.no_longer_held(reservations private.usage_reservations []) returns private.usage_change []
language sql immutable
set search_path = ''
as $$
    select array_agg(
        row(r.organization_id, r.user_id, r.api_key_id, r.created_at, 0, 0, 0, - r.tokens, - r.cost_usd, -1)::private.usage_change
    )
    from unnest(reservations) r;
$$;
comment on function private.no_longer_held(private.usage_reservations []) is
    'What is to be counted when these reservations end: less held, nothing spent; null for none.';
revoke all on function private.no_longer_held(private.usage_reservations []) from public, anon, authenticated, service_role;

create function private.close_reservations(
    reservations private.usage_reservations [], new_state private.reservation_state
) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform private.draw_credit(h.organization_id, now(), 0, h.held_usd)
    from (
        select r.organization_id, sum(r.credit_held) as held_usd
        from unnest(reservations) r
        group by r.organization_id
        having sum(r.credit_held) > 0
        order by r.organization_id
    ) h;
    update private.usage_reservations r set state = new_state, closed_at = clock_timestamp()
    from unnest(reservations) g
    where r.id = g.id;
end;
$$;
comment on function private.close_reservations(private.usage_reservations [], private.reservation_state) is
    'Ends reservations that the caller has locked and has counted: no longer holds credit for them. Returns nothing.';
revoke all on function private.close_reservations(private.usage_reservations [], private.reservation_state) from public, anon, authenticated, service_role;

create function private.refuse_usage(
    organization_id uuid, user_id uuid, api_key_id uuid, at timestamptz, tokens bigint, cost_usd numeric
) returns void
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    -- What the refused call holds itself is in the counters, until its transaction is rolled back.
    credit constant numeric := private.credit_left(organization_id, at) + cost_usd;
    refusals jsonb;
    first record;
    amount text;
begin
    with limits as (
        select
            s.*, needed.needed,
            case when s.kind = 'credits' then credit else s.limit_value - s.spent - s.held + needed.needed end as room
        from private.limits_state(organization_id, user_id, api_key_id, at) s
        cross join lateral (
            select case s.metric when 'tokens' then tokens when 'cost' then cost_usd else 1 end as needed
        ) needed
    )
    select jsonb_agg(
        jsonb_build_object(
            'quota_id', l.quota_id, 'kind', l.kind, 'scope', l.scope, 'user_id', l.user_id, 'api_key_id', l.api_key_id,
            'metric', l.metric, 'period', l.period, 'limit_value', l.limit_value, 'spent', l.spent,
            'held', trim_scale(l.held - l.needed), 'left', trim_scale(greatest(l.room, 0)), 'needed', trim_scale(l.needed),
            'resets_at', l.resets_at,
            'is_spent', l.kind = 'credits'
                or (l.metric in ('tokens', 'cost') and l.period in ('day', 'month') and l.spent >= l.limit_value)
        )
        -- What takes longest to pass comes first.
        order by l.resets_at desc nulls first, l.quota_id
    )
    into refusals
    from limits l
    where l.room < l.needed;
    if refusals is null then
        -- What was in the way is gone: a limit was raised, or more has expired than one call gives back.
        raise sqlstate 'PT429' using
            message = 'The call did not fit a limit that has changed at this moment',
            detail = '[]',
            hint = 'Try again.';
    end if;

    select * into first
    from jsonb_to_recordset(refusals) r (
        kind text, scope text, metric text, period text, limit_value numeric, "left" numeric, needed numeric,
        resets_at timestamptz, is_spent boolean
    )
    order by r.is_spent desc
    limit 1;
    amount := case first.metric when 'cost' then 'US dollars' else first.metric end;
    if first.kind = 'credits' then
        raise sqlstate 'PT402' using
            -- What is left is in the detail: the message reaches people who need not know.
            message = format('The prepaid balance does not cover the call, which may cost %s US dollars', first.needed),
            detail = refusals::text,
            hint = 'Top up the balance (add_usage_credit).';
    end if;
    raise exception using
        errcode = case when first.is_spent then 'PT402' else 'PT429' end,
        message = format(
            'The %s''s quota of %s %s a %s has %s left until %s, and the call may use %s',
            replace(first.scope, '_', ' '), first.limit_value, amount, first.period, first.left,
            to_char(first.resets_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), first.needed
        ),
        detail = refusals::text,
        hint = case
            when first.is_spent and first.kind = 'plan' then 'It resets then; a larger plan raises it now.'
            when first.is_spent then 'It resets then; an admin of the organization can raise it now.'
            else 'Try again then, with a smaller bound, or when calls under way have been settled.'
        end;
end;
$$;
comment on function private.refuse_usage(uuid, uuid, uuid, timestamptz, bigint, numeric) is
    'Raises PT402 where a budget of tokens or cost is spent or the balance does not cover the call, else PT429. The detail is a JSON array of all '
    'limits that the call does not fit (none where they changed at that moment): {quota_id, kind, scope, user_id, api_key_id, metric, period, limit_value, spent, held, left, needed, '
    'resets_at, is_spent}.';
revoke all on function private.refuse_usage(uuid, uuid, uuid, timestamptz, bigint, numeric)
    from public, anon, authenticated, service_role;

create function private.reservation_answer(id uuid, tokens bigint, cost_usd numeric, expires_at timestamptz, is_new boolean)
returns jsonb
language plpgsql immutable
set search_path = ''
as $$
begin
    return jsonb_build_object(
        'reservation_id', id, 'tokens', tokens, 'cost_usd', trim_scale(cost_usd), 'expires_at', expires_at, 'reserved', is_new
    );
end;
$$;
comment on function private.reservation_answer(uuid, bigint, numeric, timestamptz, boolean) is 'What reserve_usage says of a reservation.';
revoke all on function private.reservation_answer(uuid, bigint, numeric, timestamptz, boolean)
    from public, anon, authenticated, service_role;

create function private.reserve_usage(
    organization_id uuid, model_name text, tokens_input bigint, tokens_output bigint, cost_usd numeric, user_id uuid,
    api_key_id uuid, request_id text, endpoint text, expires_in interval, other_models text []
) returns jsonb
language plpgsql
security definer
set search_path = ''
-- The plans are the same whoever calls, and making one takes longer than all the rest.
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_variable
declare
    at constant timestamptz := clock_timestamp();
    models constant text [] := model_name || coalesce(other_models, '{}');
    zone text;
    known record;
    overdue private.usage_reservations [] := array[]::private.usage_reservations [];
    changes private.usage_change [];
    made private.usage_reservations;
    fits boolean;
begin
    -- NaN counts as more than infinity.
    if least(tokens_input, tokens_output, cost_usd) < 0 or cost_usd >= 'infinity' or tokens_input is null or tokens_output is null then
        raise sqlstate 'PT400' using
            message = 'The bound of a call is a number that is not negative', hint = 'Check p_tokens_input, p_tokens_output and p_cost_usd.';
    end if;
    if expires_in < interval '1 second' or expires_in > interval '1 day' or expires_in is null then
        raise sqlstate 'PT400' using
            message = 'A reservation lasts from a second to a day', hint = 'Check p_expires_in; a call that takes longer is recorded.';
    end if;
    zone := private.lock_limits(organization_id);
    if zone is null then
        raise sqlstate 'PT404' using message = 'There is no such organization', hint = 'Check p_organization_id.';
    end if;
    select
        exists (select from private.usage_credit_accounts a where a.organization_id = organization_id and a.is_required) as prepays,
        exists (
            select from private.usage_reservations r
            where r.organization_id = organization_id and r.state = 'open' and r.expires_at <= at and r.output_reported is null
        ) as has_overdue,
        priced.*
    into known
    from (
        -- Which of them will answer is not known, nor whether its cache will be hit, which might even cost more.
        select
            max(bound.cost_usd) as price,
            min(m.name) filter (where bound.cost_usd is null) as unpriced_model
        from unnest(models) m (name)
        left join lateral (
            select
                (
                    greatest(p.input_per_million, p.cached_input_per_million) * tokens_input + p.output_per_million * tokens_output
                ) * 0.000001 as cost_usd
            from public.model_pricing p
            where p.model_name = m.name and p.valid_from <= at and p.superseded_at is null
            order by p.valid_from desc
            limit 1
        ) bound on true
    ) priced;
    if api_key_id is not null and not exists (
        select from public.organization_api_keys k where k.organization_id = organization_id and k.id = api_key_id
    ) then
        raise sqlstate 'PT404' using message = 'There is no such API key of the organization', hint = 'Check p_api_key_id.';
    end if;
    if known.has_overdue then
        -- What nobody settled in time must not stand in the way until the next maintenance. Of what was reported something will be
        -- charged: it holds its bound until then.
        overdue := array(
            select r from private.usage_reservations r
            where r.organization_id = organization_id and r.state = 'open' and r.expires_at <= at and r.output_reported is null
            order by r.id
            limit 1000
            for update skip locked
        );
    end if;
    if request_id is not null then
        if exists (
            select from private.usage_requests r
            where r.organization_id = organization_id and r.request_id = request_id and r.reporter is null
        ) then
            raise sqlstate 'PT409' using
                message = 'This request is in the ledger already', hint = 'It was settled or recorded; a new call needs a new p_request_id.';
        end if;
        select r.* into made from private.usage_reservations r
        where r.organization_id = organization_id
            and r.request_id = request_id
            and r.state = 'open'
            and r.id not in (select o.id from unnest(overdue) o);
        if found then
            return private.reservation_answer(made.id, made.tokens, made.cost_usd, made.expires_at, false);
        end if;
    end if;
    if cost_usd is null then
        if known.unpriced_model is not null and (
            known.prepays
            or exists (select from public.usage_quotas q where q.organization_id = organization_id and q.metric = 'cost')
        ) then
            raise sqlstate 'PT400' using
                message = format('No price of the model %s is known, so its cost cannot be bounded', known.unpriced_model),
                hint = 'Say the bound with p_cost_usd, or the price with set_model_price.';
        end if;
        cost_usd := coalesce(known.price, 0);
    end if;

    changes := array[
        row(organization_id, user_id, api_key_id, at, 0, 0, 0, tokens_input + tokens_output, cost_usd, 1)::private.usage_change
    ];
    if overdue <> '{}' then
        fits := private.count_usage(changes || private.no_longer_held(overdue), zone, user_id, api_key_id);
        perform private.close_reservations(overdue, 'expired');
    else
        fits := private.count_usage(changes, zone, user_id, api_key_id);
    end if;
    insert into private.usage_reservations (
        organization_id, user_id, api_key_id, request_id, endpoint, model_name, tokens, cost_usd, credit_held, created_at, expires_at
    )
    values (
        organization_id, user_id, api_key_id, request_id, endpoint, model_name, tokens_input + tokens_output, cost_usd,
        case when known.prepays then cost_usd else 0 end, at, at + expires_in
    )
    on conflict do nothing
    returning * into made;
    if not found then
        -- Another call with this request id got there first, after the look at what is open.
        perform private.count_usage(
            array[
                row(
                    organization_id, user_id, api_key_id, at, 0, 0, 0, - tokens_input - tokens_output, - cost_usd, -1
                )::private.usage_change
            ],
            zone
        );
        select r.* into made from private.usage_reservations r
        where r.organization_id = organization_id and r.request_id = request_id and r.state = 'open';
        return private.reservation_answer(made.id, made.tokens, made.cost_usd, made.expires_at, false);
    end if;
    if made.credit_held > 0 then
        fits := fits and private.hold_credit(organization_id, at, made.credit_held) >= 0;
    end if;
    if not fits then
        perform private.refuse_usage(organization_id, user_id, api_key_id, at, made.tokens, cost_usd);
    end if;
    return private.reservation_answer(made.id, made.tokens, made.cost_usd, made.expires_at, true);
end;
$$;
comment on function private.reserve_usage(
    uuid, text, bigint, bigint, numeric, uuid, uuid, text, text, interval, text []
) is 'What public.reserve_usage does, with the rights to count.';
revoke all on function private.reserve_usage(
    uuid, text, bigint, bigint, numeric, uuid, uuid, text, text, interval, text []
) from public, anon, authenticated, service_role;
grant execute on function private.reserve_usage(
    uuid, text, bigint, bigint, numeric, uuid, uuid, text, text, interval, text []
) to service_role;

create function public.reserve_usage(
    p_organization_id uuid,
    p_model_name public.model_name,
    p_tokens_input bigint default 0,
    p_tokens_output bigint default 0,
    p_cost_usd numeric default null,
    p_user_id uuid default null,
    p_api_key_id uuid default null,
    p_request_id public.request_id default null,
    p_endpoint public.label default '/chat/completions',
    p_expires_in interval default '10 minutes',
    p_other_models text [] default null
) returns jsonb
language plpgsql
set search_path = ''
as $$
begin
    return private.reserve_usage(
        p_organization_id, p_model_name, p_tokens_input, p_tokens_output, p_cost_usd, p_user_id, p_api_key_id,
        p_request_id, p_endpoint, p_expires_in, p_other_models
    );
end;
$$;
comment on function public.reserve_usage(
    uuid, public.model_name, bigint, bigint, numeric, uuid, uuid, public.request_id, public.label, interval, text []
) is
    'For the service role, before a call: holds the most that it may use against every limit. The bound of its cost is that of the tokens at '
    'the price of the model, or of the dearest of p_other_models, which may answer in its place; or p_cost_usd. Returns {reservation_id, tokens, cost_usd, expires_at, reserved}; '
    'a retry with the same p_request_id returns the open reservation and reserved false. Raises PT429 where a limit has too '
    'little left, and PT402 where a budget is spent or the balance does not cover the call; the detail is a JSON array of the limits that '
    'refuse, with what is spent, held, left and needed and when it resets. Raises PT404, PT409 if the request is in the ledger, and PT400 '
    'where the cost is limited and cannot be bounded.';
revoke all on function public.reserve_usage(
    uuid, public.model_name, bigint, bigint, numeric, uuid, uuid, public.request_id, public.label, interval, text []
) from public, anon, authenticated, service_role;
grant execute on function public.reserve_usage(
    uuid, public.model_name, bigint, bigint, numeric, uuid, uuid, public.request_id, public.label, interval, text []
) to service_role;

create function private.settle_again(
    reservation_id uuid, tokens_input bigint, tokens_output bigint, tokens_cached bigint, cost_usd numeric, is_estimate boolean
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    reservation private.usage_reservations;
    usage public.api_usage;
    more_input bigint;
    more_cached bigint;
    more_output bigint;
    more_usd numeric;
    is_corrected boolean := false;
begin
    select r.* into reservation from private.usage_reservations r where r.id = reservation_id for update;
    if not found then
        raise sqlstate 'PT404' using
            message = 'There is no such reservation', hint = 'Check p_reservation_id; closed ones are kept for a week.';
    end if;
    select u.* into usage from public.api_usage u
    where u.organization_id = reservation.organization_id and u.id = reservation.usage_id and u.created_at = reservation.created_at;
    if usage.id is not null and reservation.is_estimate and not is_estimate then
        update private.usage_reservations r set is_estimate = false where r.id = reservation_id;
        more_input := tokens_input - usage.tokens_input;
        more_cached := tokens_cached - usage.tokens_cached;
        more_output := tokens_output - usage.tokens_output;
        more_usd := cost_usd - coalesce(usage.cost_usd, 0);
        if cost_usd is null and (
            usage.cost_usd is not null
            or exists (
                select from public.api_usage u
                where u.organization_id = usage.organization_id and u.adjusts_id = usage.id and u.adjusts_unpriced
            )
        ) then
            -- Of the difference alone: what was repriced or granted meanwhile stands. Where no price is known, reprice_usage will
            -- look at all the tokens.
            more_usd := private.usage_cost(
                private.price_at(usage.model_name, usage.created_at), more_input, more_cached, more_output
            );
        end if;
        is_corrected := (more_input, more_cached, more_output, coalesce(more_usd, 0)) <> (0, 0, 0, 0);
        if is_corrected then
            perform private.adjust_usage(
                usage.organization_id, usage.id, 'What the call really used, beyond the estimate', more_usd, more_input, more_output,
                more_cached, null
            );
        end if;
    end if;
    return (
        select private.usage_answer(usage.id, sum(u.tokens_used)::bigint, sum(u.cost_usd), is_corrected)
        from public.api_usage u
        where u.organization_id = usage.organization_id and (u.id = usage.id or u.adjusts_id = usage.id) and u.created_at = usage.created_at
    );
end;
$$;
comment on function private.settle_again(uuid, bigint, bigint, bigint, numeric, boolean) is
    'What settle_usage does of a call that is in the ledger: corrects an estimate once, else nothing, and returns what the ledger has of the call.';
revoke all on function private.settle_again(uuid, bigint, bigint, bigint, numeric, boolean) from public, anon, authenticated, service_role;

create function private.settle_usage(
    reservation_id uuid, tokens_input bigint, tokens_output bigint, tokens_cached bigint, cost_usd numeric, model_name text,
    endpoint text, is_estimate boolean
) returns jsonb
language plpgsql
security definer
set search_path = ''
-- The plans are the same whoever calls, and making one takes longer than all the rest.
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_variable
declare
    reservation private.usage_reservations;
    zone text;
    usage public.api_usage;
begin
    -- A second settlement waits here for the first.
    update private.usage_reservations r
    set state = 'settled', was_open = r.state = 'open', closed_at = clock_timestamp(), usage_id = gen_random_uuid(), is_estimate = is_estimate
    where r.id = reservation_id and r.state <> 'settled'
    returning r.* into reservation;
    if not found then
        return private.settle_again(reservation_id, tokens_input, tokens_output, tokens_cached, cost_usd, is_estimate);
    end if;
    zone := private.lock_limits(reservation.organization_id);
    usage := private.write_usage(
        reservation.usage_id, reservation.organization_id,
        -- Whose account was deleted since, nobody used it.
        case
            when reservation.user_id is not null
                then (select p.user_id from public.user_profiles p where p.user_id = reservation.user_id)
        end,
        reservation.api_key_id, coalesce(endpoint, reservation.endpoint), coalesce(model_name, reservation.model_name),
        tokens_input, tokens_cached, tokens_output, cost_usd, reservation.request_id, reservation.created_at
    );
    -- One that was no longer open holds nothing; the call was made all the same, and counts. One whose request somebody has
    -- recorded beside it gives back what it holds, and nothing counts.
    perform private.count_usage(
        array[
            row(
                reservation.organization_id, reservation.user_id, reservation.api_key_id, reservation.created_at,
                coalesce(usage.tokens_used, 0), coalesce(usage.cost_usd, 0), case when usage.id is null then 0 else 1 end,
                case when reservation.was_open then - reservation.tokens else 0 end,
                case when reservation.was_open then - reservation.cost_usd else 0 end,
                case when reservation.was_open then -1 else 0 end
            )::private.usage_change
        ],
        zone
    );
    if exists (select from private.usage_credit_accounts a where a.organization_id = reservation.organization_id) then
        perform private.draw_credit(
            reservation.organization_id, reservation.created_at, usage.cost_usd,
            case when reservation.was_open then reservation.credit_held else 0 end
        );
    end if;
    if usage.id is null then
        update private.usage_reservations r set state = 'released', usage_id = null where r.id = reservation_id;
        usage := private.find_request(reservation.organization_id, reservation.request_id);
        return private.usage_answer(usage.id, usage.tokens_used, usage.cost_usd, false);
    end if;
    return private.usage_answer(usage.id, usage.tokens_used, usage.cost_usd, true);
end;
$$;
comment on function private.settle_usage(uuid, bigint, bigint, bigint, numeric, text, text, boolean) is
    'What public.settle_usage does, with the rights to write the ledger.';
revoke all on function private.settle_usage(uuid, bigint, bigint, bigint, numeric, text, text, boolean)
    from public, anon, authenticated, service_role;
grant execute on function private.settle_usage(uuid, bigint, bigint, bigint, numeric, text, text, boolean) to service_role;

create function public.settle_usage(
    p_reservation_id uuid,
    p_tokens_input bigint,
    p_tokens_output bigint,
    p_tokens_cached bigint default 0,
    p_cost_usd numeric default null,
    p_model_name text default null,
    p_endpoint text default null,
    p_is_estimate boolean default false
) returns jsonb
language plpgsql
set search_path = ''
as $$
begin
    return private.settle_usage(
        p_reservation_id, p_tokens_input, p_tokens_output, p_tokens_cached, p_cost_usd, p_model_name, p_endpoint, p_is_estimate
    );
end;
$$;
comment on function public.settle_usage(uuid, bigint, bigint, bigint, numeric, text, text, boolean) is
    'For the service role, after a call: puts what it really used into the ledger, as of the time it was reserved, and gives its bound '
    'back. Returns what record_api_usage does; a second time what the ledger has of the call, with recorded false. A reservation that has '
    'expired or was released is settled too, for the call was made: it counts as one that nobody reserved. What p_is_estimate says, where whoever '
    'made the call fell silent, is corrected by the first settlement after it that is none. Raises PT404.';
revoke all on function public.settle_usage(uuid, bigint, bigint, bigint, numeric, text, text, boolean)
    from public, anon, authenticated, service_role;
grant execute on function public.settle_usage(uuid, bigint, bigint, bigint, numeric, text, text, boolean) to service_role;

create function private.release_usage(reservation_id uuid) returns boolean
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    reservation private.usage_reservations;
begin
    select r.* into reservation from private.usage_reservations r where r.id = reservation_id for update;
    if not found then
        raise sqlstate 'PT404' using
            message = 'There is no such reservation', hint = 'Check p_reservation_id; closed ones are kept for a week.';
    end if;
    if reservation.state <> 'open' then
        return false;
    end if;
    perform private.count_usage(private.no_longer_held(array[reservation]), private.lock_limits(reservation.organization_id));
    perform private.close_reservations(array[reservation], 'released');
    return true;
end;
$$;
comment on function private.release_usage(uuid) is 'What public.release_usage does, with the rights to count.';
revoke all on function private.release_usage(uuid) from public, anon, authenticated, service_role;
grant execute on function private.release_usage(uuid) to service_role;

create function public.release_usage(p_reservation_id uuid) returns boolean
language plpgsql
set search_path = ''
as $$
begin
    return private.release_usage(p_reservation_id);
end;
$$;
comment on function public.release_usage(uuid) is
    'For the service role, where a reserved call was not made: gives back what it holds. Returns false where it was settled, released or '
    'expired already. Raises PT404.';
revoke all on function public.release_usage(uuid) from public, anon, authenticated, service_role;
grant execute on function public.release_usage(uuid) to service_role;

create function private.report_usage(reports jsonb) returns void
language sql
security definer
set search_path = ''
as $$
    update private.usage_reservations r
    set input_reported = x.tokens_input, output_reported = x.tokens_output, model_reported = coalesce(x.model_name, r.model_reported),
        -- A call that goes on keeps what it holds, and is not taken for one whose maker is dead.
        expires_at = case
            when r.expires_at < clock_timestamp() + interval '5 minutes' then clock_timestamp() + interval '10 minutes' else r.expires_at
        end
    from (
        select x.*
        from jsonb_to_recordset(reports) x (reservation_id uuid, tokens_input bigint, tokens_output bigint, model_name text)
        order by x.reservation_id
    ) x
    where r.id = x.reservation_id and r.state = 'open' and x.tokens_input between 0 and 10000000000 and x.tokens_output between 0 and 10000000000;
$$;
comment on function private.report_usage(jsonb) is 'What public.report_usage does, with the rights to change reservations.';
revoke all on function private.report_usage(jsonb) from public, anon, authenticated, service_role;
grant execute on function private.report_usage(jsonb) to service_role;

create function public.report_usage(p_reports jsonb) returns void
language sql
set search_path = ''
as $$
    select private.report_usage(p_reports);
$$;
comment on function public.report_usage(jsonb) is
    'For the service role, every second or so while calls are under way: keeps what they have used up to now, an array of {reservation_id, '
    'tokens_input, tokens_output, model_name}; the model is the one that answers, where it is not the one reserved for. A reservation of which this is known is charged for it when it expires, which is 5 minutes after the last '
    'report at the earliest. Returns nothing; what is not open is left alone.';
revoke all on function public.report_usage(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.report_usage(jsonb) to service_role;

create function private.expire_usage_reservations(at_most int default 1000) returns bigint
language plpgsql
security definer
set search_path = ''
as $$
declare
    -- Whoever is settling or releasing one of them at this moment has it.
    overdue constant private.usage_reservations [] := array(
        select r from private.usage_reservations r
        where r.state = 'open' and r.expires_at <= clock_timestamp() and r.output_reported is null
        order by r.organization_id, r.id
        limit at_most
        for update skip locked
    );
begin
    perform private.lock_limits(o.organization_id)
    from (select distinct r.organization_id from unnest(overdue) r order by 1) o;
    perform private.count_usage(
        private.no_longer_held(overdue), (select o.time_zone from public.organizations o where o.id = (overdue[1]).organization_id)
    );
    perform private.close_reservations(overdue, 'expired');
    return cardinality(overdue);
end;
$$;
comment on function private.expire_usage_reservations(int) is
    'Gives back what reservations hold that were not settled in time. Returns how many they were. Those of which something was reported are '
    'left to settle_reported_usage; where nothing was, nothing is charged, and a finding of private.health_findings tells of it.';
revoke all on function private.expire_usage_reservations(int) from public, anon, authenticated, service_role;

create function private.settle_reported_usage(at_most int default 1000) returns bigint
language plpgsql
security definer
set search_path = ''
as $$
declare
    dead private.usage_reservations;
    charged bigint := 0;
begin
    for dead in
        select r.* from private.usage_reservations r
        where r.state = 'open' and r.expires_at <= clock_timestamp() and r.output_reported is not null
        order by r.organization_id, r.id
        limit at_most
        for update skip locked
    loop
        begin
            perform private.settle_usage(dead.id, dead.input_reported, dead.output_reported, 0, null, dead.model_reported, null, true);
            charged := charged + 1;
        exception
            -- What passes is tried again, with all that was to be charged.
            when lock_not_available or deadlock_detected or serialization_failure then
                raise;
            -- One that cannot be charged, such as that of a key which is gone, must not keep all others.
            when others then
                raise warning 'The reservation % is not charged for what was reported: %', dead.id, sqlerrm;
                perform private.lock_limits(dead.organization_id);
                perform private.count_usage(
                    private.no_longer_held(array[dead]),
                    (select o.time_zone from public.organizations o where o.id = dead.organization_id)
                );
                perform private.close_reservations(array[dead], 'expired');
        end;
    end loop;
    return charged;
end;
$$;
comment on function private.settle_reported_usage(int) is
    'Puts into the ledger what was last reported of calls whose reservation is overdue, for whoever made them has died. Returns how many. What '
    'they hold becomes what they used in one step; settle_usage corrects it if they are not dead after all. One that cannot be charged gives back what it holds, and a warning and the doctor tell of it.';
revoke all on function private.settle_reported_usage(int) from public, anon, authenticated, service_role;
