-- Usage, prepaid: credits, and the explanation of every limit that a call is held against.
--
-- An organization may hold a prepaid balance beside its quotas. Calls draw on the oldest credit first; one that expires is good
-- for the calls that were made (reserved) before it did.

create type public.credit_kind as enum ('top_up', 'grant', 'refund');

create table public.usage_credits (
    organization_id uuid not null references public.organizations (id),
    id uuid not null default gen_random_uuid(),
    kind public.credit_kind not null,
    amount_usd public.usd not null constraint amount_is_positive check (amount_usd > 0),
    remaining_usd public.usd not null,
    expires_at timestamptz,
    note public.label,
    request_id public.request_id,
    created_at timestamptz not null default clock_timestamp(),
    primary key (organization_id, id),
    constraint usage_credits_request_once unique (organization_id, request_id),
    constraint remaining_is_of_the_amount check (remaining_usd between 0 and amount_usd),
    constraint usage_credits_expire_later check (expires_at > created_at)
);
comment on table public.usage_credits is
    'What an organization has paid ahead or was given: top-ups, grants that may expire, and refunds of corrections. Read by admins, written '
    'by add_usage_credit and by the calls that draw on it.';

create index usage_credits_usable on public.usage_credits (organization_id, created_at, id) where remaining_usd > 0;

alter table public.usage_credits enable row level security;
revoke all on public.usage_credits from public, anon, authenticated, service_role;
grant select on public.usage_credits to authenticated, service_role;

create policy usage_credits_select on public.usage_credits
    for select to authenticated
    using (organization_id = any (array(select private.organization_ids('admin'))));

-- What is drawn is in the ledger; the log says who was given what.
create trigger usage_credits_audit
    after insert on public.usage_credits
    for each row execute function private.record_audit('id');

create table private.usage_credit_accounts (
    organization_id uuid primary key references public.organizations (id),
    is_required boolean not null default true,
    required_since timestamptz not null default clock_timestamp(),
    held_usd numeric not null default 0,
    owed_usd numeric not null default 0 constraint owed_is_not_negative check (owed_usd >= 0)
)
with (fillfactor = 50);
comment on table private.usage_credit_accounts is
    'The organizations that prepay. The lock on their row here is the lock on their credits.';
comment on column private.usage_credit_accounts.is_required is 'Whether calls need and draw on a balance.';
comment on column private.usage_credit_accounts.required_since is
    'When that began. Calls from before were paid otherwise: they, and what corrects them, neither draw on the balance nor add to it.';
comment on column private.usage_credit_accounts.held_usd is 'The bounds of open reservations.';
comment on column private.usage_credit_accounts.owed_usd is
    'What was drawn beyond the balance, by calls that cost more than their bound or that were recorded without a reservation.';

alter table private.usage_credit_accounts enable row level security;
revoke all on private.usage_credit_accounts from public, anon, authenticated, service_role;

create function private.credit_left(organization_id uuid, at timestamptz) returns numeric
language sql stable
security definer
set search_path = ''
as $$
    select coalesce(
        (
            select sum(c.remaining_usd) from public.usage_credits c
            where c.organization_id = a.organization_id and c.remaining_usd > 0 and (c.expires_at is null or c.expires_at > at)
        ),
        0
    ) - a.held_usd - a.owed_usd
    from private.usage_credit_accounts a
    where a.organization_id = credit_left.organization_id and a.is_required;
$$;
comment on function private.credit_left(uuid, timestamptz) is
    'The balance, less what open reservations hold and what is owed; null for an organization that does not prepay.';
revoke all on function private.credit_left(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.hold_credit(organization_id uuid, at timestamptz, held_cost numeric) returns numeric
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
begin
    -- The lock comes first and the balance is read after it: a balance from before may be spent.
    update private.usage_credit_accounts a set held_usd = a.held_usd + held_cost where a.organization_id = organization_id;
    return private.credit_left(organization_id, at);
end;
$$;
comment on function private.hold_credit(uuid, timestamptz, numeric) is
    'Holds so much of the balance. Returns what is left of it then, below 0 where it does not cover that; null where the organization '
    'does not prepay.';
revoke all on function private.hold_credit(uuid, timestamptz, numeric) from public, anon, authenticated, service_role;

create function private.draw_credit(organization_id uuid, at timestamptz, cost numeric, held_cost numeric) returns void
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    account private.usage_credit_accounts;
    rest numeric := coalesce(cost, 0);
begin
    select a.* into account from private.usage_credit_accounts a where a.organization_id = organization_id for update;
    if not found then
        return;
    end if;
    if not account.is_required or at < account.required_since then
        -- What was held while it was required is given back all the same.
        rest := 0;
    end if;
    if rest > 0 then
        with usable as (
            select c.id, c.remaining_usd, sum(c.remaining_usd) over (order by c.created_at, c.id) - c.remaining_usd as before
            from public.usage_credits c
            where c.organization_id = organization_id and c.remaining_usd > 0 and (c.expires_at is null or c.expires_at > at)
        ),
        drawn as (
            update public.usage_credits c
            set remaining_usd = c.remaining_usd - least(u.remaining_usd, rest - u.before)
            from usable u
            where c.organization_id = organization_id and c.id = u.id and u.before < rest
            returning u.remaining_usd - c.remaining_usd as amount
        )
        select rest - coalesce(sum(d.amount), 0) into rest from drawn d;
    elsif rest < 0 then
        -- A correction gave something back: first what is owed, then a credit that does not expire.
        if account.owed_usd + rest < 0 then
            insert into public.usage_credits (organization_id, kind, amount_usd, remaining_usd, note)
            values (organization_id, 'refund', - rest - account.owed_usd, - rest - account.owed_usd, 'Correction of usage');
        end if;
        rest := greatest(rest, - account.owed_usd);
    end if;
    update private.usage_credit_accounts a
    set held_usd = a.held_usd - held_cost, owed_usd = a.owed_usd + rest
    where a.organization_id = organization_id;
end;
$$;
comment on function private.draw_credit(uuid, timestamptz, numeric, numeric) is
    'Takes the cost of calls made at that time from the credits, oldest first, and no longer holds so much. What the credits do not '
    'cover is owed. Returns nothing.';
revoke all on function private.draw_credit(uuid, timestamptz, numeric, numeric) from public, anon, authenticated, service_role;

create function private.add_usage_credit(
    organization_id uuid, amount_usd numeric, kind public.credit_kind, expires_at timestamptz, note text, request_id text
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    account private.usage_credit_accounts;
    credit public.usage_credits;
    is_new boolean := true;
begin
    perform private.require_role(organization_id, 'owner');
    if amount_usd is null or amount_usd <= 0 or expires_at <= clock_timestamp() then
        raise sqlstate 'PT400' using
            message = 'A credit is of more than 0 US dollars, and does not expire before it begins',
            hint = 'Check p_amount_usd and p_expires_at.';
    end if;
    insert into private.usage_credit_accounts (organization_id) values (organization_id)
    on conflict on constraint usage_credit_accounts_pkey do nothing;
    select a.* into account from private.usage_credit_accounts a where a.organization_id = organization_id for update;

    select c.* into credit from public.usage_credits c
    where c.organization_id = organization_id and c.request_id = request_id;
    if found then
        is_new := false;
    else
        insert into public.usage_credits (organization_id, kind, amount_usd, remaining_usd, expires_at, note, request_id)
        values (organization_id, kind, amount_usd, amount_usd - least(account.owed_usd, amount_usd), expires_at, note, request_id)
        returning * into credit;
        update private.usage_credit_accounts a set owed_usd = greatest(account.owed_usd - amount_usd, 0)
        where a.organization_id = organization_id;
    end if;
    return jsonb_build_object(
        'id', credit.id, 'organization_id', organization_id, 'kind', credit.kind, 'amount_usd', trim_scale(credit.amount_usd),
        'expires_at', credit.expires_at, 'left_usd', trim_scale(private.credit_left(organization_id, clock_timestamp())), 'added', is_new
    );
end;
$$;
comment on function private.add_usage_credit(uuid, numeric, public.credit_kind, timestamptz, text, text) is
    'What public.add_usage_credit does, with the rights to write credits.';
revoke all on function private.add_usage_credit(uuid, numeric, public.credit_kind, timestamptz, text, text)
    from public, anon, authenticated, service_role;
grant execute on function private.add_usage_credit(uuid, numeric, public.credit_kind, timestamptz, text, text) to service_role;

create function public.add_usage_credit(
    p_organization_id uuid,
    p_amount_usd numeric,
    p_kind public.credit_kind default 'top_up',
    p_expires_at timestamptz default null,
    p_note text default null,
    p_request_id text default null
) returns jsonb
language sql
set search_path = ''
as $$
    select private.add_usage_credit(p_organization_id, p_amount_usd, p_kind, p_expires_at, p_note, p_request_id);
$$;
comment on function public.add_usage_credit(uuid, numeric, public.credit_kind, timestamptz, text, text) is
    'For the service role: tops up an organization''s balance, or grants it credit that may expire. With its first credit an organization '
    'prepays: calls then need and draw on its balance (see require_usage_credit). Returns {id, organization_id, kind, amount_usd, expires_at, '
    'left_usd, added}; a retry with the same p_request_id adds nothing. Raises PT400 or PT404.';
revoke all on function public.add_usage_credit(uuid, numeric, public.credit_kind, timestamptz, text, text)
    from public, anon, authenticated, service_role;
grant execute on function public.add_usage_credit(uuid, numeric, public.credit_kind, timestamptz, text, text) to service_role;

create function private.require_usage_credit(organization_id uuid, is_required boolean) returns void
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
begin
    perform private.require_role(organization_id, 'owner');
    insert into private.usage_credit_accounts (organization_id, is_required)
    values (organization_id, is_required)
    on conflict on constraint usage_credit_accounts_pkey do update
        set is_required = excluded.is_required,
            required_since = case when excluded.is_required and not usage_credit_accounts.is_required
                then clock_timestamp() else usage_credit_accounts.required_since end;
end;
$$;
comment on function private.require_usage_credit(uuid, boolean) is
    'What public.require_usage_credit does, with the rights to change the account.';
revoke all on function private.require_usage_credit(uuid, boolean) from public, anon, authenticated, service_role;
grant execute on function private.require_usage_credit(uuid, boolean) to service_role;

create function public.require_usage_credit(p_organization_id uuid, p_is_required boolean default true) returns void
language sql
set search_path = ''
as $$
    select private.require_usage_credit(p_organization_id, p_is_required);
$$;
comment on function public.require_usage_credit(uuid, boolean) is
    'For the service role: says whether an organization''s calls need and draw on a prepaid balance. Returns nothing. Raises PT404.';
revoke all on function public.require_usage_credit(uuid, boolean) from public, anon, authenticated, service_role;
grant execute on function public.require_usage_credit(uuid, boolean) to service_role;

-- Explaining ----------------------------------------------------------------------------------------------

create function private.limits_state(organization_id uuid, for_user uuid, for_key uuid, at timestamptz)
returns table (
    quota_id uuid, kind text, scope public.quota_scope, user_id uuid, api_key_id uuid, metric public.quota_metric,
    period public.quota_period, limit_value numeric, spent numeric, held numeric, "left" numeric, has_room boolean,
    resets_at timestamptz
)
language sql stable
security definer
set search_path = ''
as $$
    with limits as (
        select
            l.*, date_trunc(l.period::text, at, l.time_zone) as period_start,
            case l.scope
                when 'organization' then l.organization_id when 'user' then for_user else for_key
            end as subject_id
        from private.usage_limits l
        where l.organization_id = limits_state.organization_id
            and case l.scope
                when 'organization' then true
                when 'user' then coalesce(l.user_id, for_user) = for_user
                else coalesce(l.api_key_id, for_key) = for_key
            end
    ),
    counted as (
        select
            l.*, coalesce(c.spent, 0) as spent,
            -- What is overdue holds nothing any more, whether or not somebody has come by to say so; but what is to be charged does.
            coalesce(c.held, 0) - coalesce(
                (
                    select sum(case l.metric when 'tokens' then r.tokens when 'cost' then r.cost_usd else 1 end)
                    from private.usage_reservations r
                    where r.organization_id = l.organization_id
                        and r.state = 'open'
                        and r.expires_at <= at
                        and r.output_reported is null
                        and date_trunc(l.period::text, r.created_at, l.time_zone) = l.period_start
                        and l.subject_id = case l.scope
                            when 'organization' then r.organization_id when 'user' then r.user_id else r.api_key_id
                        end
                ),
                0
            ) as held
        from limits l
        left join private.usage_counters c
            on c.organization_id = l.organization_id
            and c.quota_id = l.id
            and c.subject_id = l.subject_id
            and c.period_start = l.period_start
    )
    select
        c.id, c.kind::text, c.scope,
        case c.scope when 'user' then c.subject_id end, case c.scope when 'api_key' then c.subject_id end,
        c.metric, c.period, trim_scale(c.limit_value), trim_scale(c.spent), trim_scale(c.held),
        trim_scale(greatest(c.limit_value - c.spent - c.held, 0)), c.limit_value > c.spent + c.held,
        case c.period
            when 'minute' then c.period_start + interval '1 minute'
            else (
                date_trunc(c.period::text, c.period_start at time zone c.time_zone) + ('1 ' || c.period)::interval
            ) at time zone c.time_zone
        end
    from counted c
    union all
    select
        null, 'credits', 'organization', null, null, 'cost', null,
        trim_scale(coalesce(sum(c.amount_usd), 0)), trim_scale(coalesce(sum(c.amount_usd - c.remaining_usd), 0)),
        trim_scale(a.held_usd - overdue.held_usd),
        trim_scale(greatest(coalesce(sum(c.remaining_usd), 0) - a.held_usd + overdue.held_usd - a.owed_usd, 0)),
        coalesce(sum(c.remaining_usd), 0) > a.held_usd - overdue.held_usd + a.owed_usd, null
    from private.usage_credit_accounts a
    cross join lateral (
        select coalesce(sum(r.credit_held), 0) as held_usd
        from private.usage_reservations r
        where r.organization_id = a.organization_id and r.state = 'open' and r.expires_at <= at and r.output_reported is null
    ) overdue
    left join public.usage_credits c
        on c.organization_id = a.organization_id and (c.expires_at is null or c.expires_at > at)
    where a.organization_id = limits_state.organization_id and a.is_required
    group by a.organization_id, overdue.held_usd
    order by 1;
$$;
comment on function private.limits_state(uuid, uuid, uuid, timestamptz) is
    'What public.explain_limits returns, for whoever asks and at that time.';
revoke all on function private.limits_state(uuid, uuid, uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.explain_limits(organization_id uuid, for_user uuid, for_key uuid)
returns table (
    quota_id uuid, kind text, scope public.quota_scope, user_id uuid, api_key_id uuid, metric public.quota_metric,
    period public.quota_period, limit_value numeric, spent numeric, held numeric, "left" numeric, has_room boolean,
    resets_at timestamptz
)
language plpgsql stable
security definer
set search_path = ''
as $$
declare
    asker constant public.organization_role := private.require_role(
        organization_id,
        case
            when for_user <> auth.uid() or for_key is not null then 'admin' else 'viewer'
        end::public.organization_role
    );
begin
    return query
        select
            s.quota_id, s.kind, s.scope, s.user_id, s.api_key_id, s.metric, s.period,
            case when shown.amounts then s.limit_value end, case when shown.amounts then s.spent end,
            case when shown.amounts then s.held end, case when shown.amounts then s."left" end,
            s.has_room, s.resets_at
        from private.limits_state(
            organization_id, coalesce(for_user, auth.uid()), for_key, clock_timestamp()
        ) s
        -- What the organization has paid is its admins' business; whether any of it is left is everybody's.
        cross join lateral (select s.kind <> 'credits' or asker >= 'admin' as amounts) shown;
end;
$$;
comment on function private.explain_limits(uuid, uuid, uuid) is
    'What public.explain_limits does, with the rights to read the counters.';
revoke all on function private.explain_limits(uuid, uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function private.explain_limits(uuid, uuid, uuid) to authenticated, service_role;

create function public.explain_limits(p_organization_id uuid, p_user_id uuid default null, p_api_key_id uuid default null)
returns table (
    quota_id uuid, kind text, scope public.quota_scope, user_id uuid, api_key_id uuid, metric public.quota_metric,
    period public.quota_period, limit_value numeric, spent numeric, held numeric, "left" numeric, has_room boolean,
    resets_at timestamptz
)
language sql stable
set search_path = ''
as $$
    select * from private.explain_limits(p_organization_id, p_user_id, p_api_key_id);
$$;
comment on function public.explain_limits(uuid, uuid, uuid) is
    'Every limit that a call of this organization, person and API key would be held against: the quotas, and the prepaid balance as kind '
    'credits. In the unit of the metric (tokens, US dollars, requests): limit_value, what is spent, what open reservations hold, what is '
    'left, whether anything is (has_room), and when it resets. p_user_id is the caller where it is left out. Members ask for themselves and '
    'see no amounts of the balance, admins ask for everybody and for API keys. Raises PT403 or PT404.';
revoke all on function public.explain_limits(uuid, uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.explain_limits(uuid, uuid, uuid) to authenticated, service_role;
