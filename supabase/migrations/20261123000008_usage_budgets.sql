-- Usage, limited: quotas, and the alerts when they are nearly spent.
--
-- A quota is set by one of two: by the plan, which is billing's and the service role's alone, or by the organization itself,
-- whose admins may bind it further. All that match a call apply together, so an admin can tighten what the plan allows and
-- never widen it.

create type public.quota_kind as enum ('plan', 'organization');
create type public.quota_scope as enum ('organization', 'user', 'api_key');
create type public.quota_metric as enum ('tokens', 'cost', 'requests');
create type public.quota_period as enum ('minute', 'day', 'month');

create table public.usage_quotas (
    organization_id uuid not null references public.organizations (id) on delete cascade,
    id uuid not null default gen_random_uuid(),
    kind public.quota_kind not null default 'organization',
    scope public.quota_scope not null default 'organization',
    user_id uuid references public.user_profiles (user_id) on delete cascade,
    api_key_id uuid,
    metric public.quota_metric not null,
    period public.quota_period not null,
    limit_value numeric not null constraint limit_value_is_plausible check (
        limit_value >= 0
        and limit_value <= 1000000000000000
        and scale(limit_value) <= case when metric = 'cost' then 12 else 0 end
    ),
    created_by uuid default auth.uid() references public.user_profiles (user_id) on delete set null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (organization_id, id),
    foreign key (organization_id, api_key_id) references public.organization_api_keys (organization_id, id) on delete cascade,
    constraint usage_quotas_name_their_subject check (
        (user_id is null or scope = 'user') and (api_key_id is null or scope = 'api_key')
    ),
    constraint usage_quotas_once unique nulls not distinct (
        organization_id, kind, scope, user_id, api_key_id, metric, period
    )
);
comment on table public.usage_quotas is
    'What may be used of tokens, US dollars or requests in a calendar day or month of the organization''s time zone, or in a minute. '
    'All quotas that match a call apply together.';
comment on column public.usage_quotas.kind is
    'plan: set by billing (the service role), untouchable for clients. organization: set by the organization''s admins.';
comment on column public.usage_quotas.scope is
    'Whose usage is counted: the whole organization''s, each person''s (or that of user_id alone), each API key''s (or that of api_key_id alone).';
comment on column public.usage_quotas.limit_value is 'Tokens, US dollars or requests, by the metric. 0 allows nothing.';

create index usage_quotas_user on public.usage_quotas (user_id);
create index usage_quotas_api_key on public.usage_quotas (organization_id, api_key_id);
create index usage_quotas_created_by on public.usage_quotas (created_by);

alter table public.usage_quotas enable row level security;
revoke all on public.usage_quotas from public, anon, authenticated, service_role;
grant select, delete on public.usage_quotas to authenticated;
grant insert (organization_id, scope, user_id, api_key_id, metric, period, limit_value) on public.usage_quotas to authenticated;
grant update (limit_value) on public.usage_quotas to authenticated;
grant select, insert, update, delete on public.usage_quotas to service_role;

create policy usage_quotas_select on public.usage_quotas
    for select to authenticated
    using (
        organization_id = any (array(select private.organization_ids('viewer')))
        and (
            scope = 'organization'
            or (scope = 'user' and (user_id is null or user_id = (select auth.uid())))
            or organization_id = any (array(select private.organization_ids('admin')))
        )
    );
create policy usage_quotas_insert on public.usage_quotas
    for insert to authenticated
    with check (kind = 'organization' and organization_id = any (array(select private.organization_ids('admin'))));
create policy usage_quotas_update on public.usage_quotas
    for update to authenticated
    using (kind = 'organization' and organization_id = any (array(select private.organization_ids('admin'))))
    with check (kind = 'organization' and organization_id = any (array(select private.organization_ids('admin'))));
create policy usage_quotas_delete on public.usage_quotas
    for delete to authenticated
    using (kind = 'organization' and organization_id = any (array(select private.organization_ids('admin'))));

create trigger usage_quotas_set_updated_at
    before update on public.usage_quotas
    for each row execute function private.set_updated_at();
create trigger usage_quotas_keep_identity
    before update of organization_id, id, kind, scope, user_id, api_key_id, metric, period on public.usage_quotas
    for each row when (
        (old.organization_id, old.id, old.kind, old.scope, old.user_id, old.api_key_id, old.metric, old.period)
        is distinct from
        (new.organization_id, new.id, new.kind, new.scope, new.user_id, new.api_key_id, new.metric, new.period)
    )
    execute function private.refuse_change(
        'organization_id', 'id', 'kind', 'scope', 'user_id', 'api_key_id', 'metric', 'period'
    );
create trigger usage_quotas_keep_creator
    before update of created_by on public.usage_quotas
    for each row when (old.created_by is distinct from new.created_by)
    execute function private.refuse_change_of_person('created_by');
create trigger usage_quotas_audit
    after insert or update or delete on public.usage_quotas
    for each row execute function private.record_audit('id');

-- Alerts --------------------------------------------------------------------------------------------------

create table public.usage_alerts (
    organization_id uuid not null references public.organizations (id) on delete cascade,
    id uuid not null default gen_random_uuid(),
    -- Without a foreign key: an alert outlives its quota, and making one must not wait for the quota's row.
    quota_id uuid not null,
    scope public.quota_scope not null,
    user_id uuid references public.user_profiles (user_id) on delete cascade,
    api_key_id uuid,
    metric public.quota_metric not null,
    period public.quota_period not null,
    period_start timestamptz not null,
    threshold smallint not null constraint threshold_is_known check (threshold in (50, 80, 100)),
    limit_value numeric not null,
    spent numeric not null,
    created_at timestamptz not null default clock_timestamp(),
    primary key (organization_id, id),
    constraint usage_alerts_once unique nulls not distinct (
        organization_id, quota_id, user_id, api_key_id, period_start, threshold
    )
);
comment on table public.usage_alerts is
    'Usage that came to 50, 80 or 100 per cent of a quota of a day or month, once a period each. Written by the database alone, with a '
    'notification to the admins and owners.';
comment on column public.usage_alerts.user_id is 'Whose usage it was, for a quota of people.';
comment on column public.usage_alerts.spent is 'What had been used when the alert was made, in the unit of the metric.';

create index usage_alerts_created on public.usage_alerts (organization_id, created_at desc);
create index usage_alerts_user on public.usage_alerts (user_id);

alter table public.usage_alerts enable row level security;
revoke all on public.usage_alerts from public, anon, authenticated, service_role;
grant select on public.usage_alerts to authenticated, service_role;

create policy usage_alerts_select on public.usage_alerts
    for select to authenticated
    using (
        organization_id = any (array(select private.organization_ids('viewer')))
        and (
            (scope = 'user' and user_id = (select auth.uid()))
            or organization_id = any (array(select private.organization_ids('admin')))
        )
    );

-- What has been spent and what is held ------------------------------------------------------------------
-- A quota has one counter for each subject (the organization, a person, a key) and period. At every commit
--   spent = the sum of what the ledger holds of recorded calls that the quota matches, by created_at in the period, and
--   held  = the sum of the bounds of open reservations that it matches, by created_at in the period,
-- for all periods that have not ended. Whoever records or reserves keeps it so under the counter's row lock. Whoever changes
-- which counters there are (a new quota, another time zone) keeps everybody of that organization out for the moment, by
-- private.lock_limits_alone, and counts anew. Organizations never wait for each other.

create view private.usage_limits
with (security_invoker = true)
as
select
    q.organization_id, q.id, q.kind, q.scope, q.user_id, q.api_key_id, q.metric, q.period, q.limit_value, o.time_zone
from public.usage_quotas q
join public.organizations o on o.id = q.organization_id;
comment on view private.usage_limits is 'The quotas with the time zone that their periods follow.';
revoke all on private.usage_limits from public, anon, authenticated, service_role;

create table private.usage_counters (
    organization_id uuid not null,
    -- Without a foreign key: its check would lock the quota's row, and the deletion of a quota waits for those who count.
    quota_id uuid not null,
    subject_id uuid not null,
    period_start timestamptz not null,
    spent numeric not null,
    held numeric not null,
    alerted smallint not null default 0,
    primary key (organization_id, quota_id, subject_id, period_start)
)
-- Every call updates its counters: room on the page keeps that out of the index.
with (fillfactor = 40, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500);
comment on table private.usage_counters is 'How far each quota is used up, by subject and period. See the migration for what always holds.';
comment on column private.usage_counters.subject_id is 'The organization, the person or the API key whose usage is counted.';
comment on column private.usage_counters.alerted is 'The highest threshold, in per cent, that an alert was made for.';

alter table private.usage_counters enable row level security;
revoke all on private.usage_counters from public, anon, authenticated, service_role;

create type private.reservation_state as enum ('open', 'settled', 'released', 'expired');

create table private.usage_reservations (
    id uuid primary key default gen_random_uuid(),
    -- Without foreign keys: settling looks who is still there, and accounts are deleted without searching here.
    organization_id uuid not null,
    user_id uuid,
    api_key_id uuid,
    request_id text,
    endpoint text not null,
    model_name text not null,
    tokens bigint not null,
    cost_usd numeric not null,
    credit_held numeric not null,
    state private.reservation_state not null default 'open',
    created_at timestamptz not null,
    expires_at timestamptz not null,
    closed_at timestamptz,
    usage_id uuid,
    -- As settling leaves it: whether it still held something then.
    was_open boolean not null default true,
    -- What report_usage said last of a call that is under way.
    input_reported bigint,
    output_reported bigint,
    model_reported text,
    -- Whether the ledger has it at what was reported, because nobody said what it really used; they still may.
    is_estimate boolean not null default false
)
with (fillfactor = 80);
comment on table private.usage_reservations is
    'Upper bounds of calls that are under way, until they are settled, released or expired. Closed ones are kept for a week.';

create index usage_reservations_open on private.usage_reservations (organization_id, expires_at) where state = 'open';
create unique index usage_reservations_request on private.usage_reservations (organization_id, request_id) where state = 'open' and request_id is not null;

create index usage_reservations_unsettled on private.usage_reservations (closed_at) where state = 'expired';

alter table private.usage_reservations enable row level security;
revoke all on private.usage_reservations from public, anon, authenticated, service_role;

create function private.lock_limits(organization_id uuid) returns text
language plpgsql
set search_path = ''
as $$
declare
    key constant bigint := uuid_hash_extended(organization_id, 7305);
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        -- An older snapshot would not show what the lock was waited for.
        raise sqlstate 'PT400' using
            message = 'Usage is counted in transactions of isolation level read committed alone',
            hint = 'Call this in a transaction of its own, at the default isolation level.';
    end if;
    -- An expression is evaluated much faster than a statement is run.
    if not pg_try_advisory_xact_lock_shared(key) then
        perform pg_advisory_xact_lock_shared(key);
    end if;
    return (
        select case when o.deleted_at is null then o.time_zone end from public.organizations o
        where o.id = lock_limits.organization_id
    );
end;
$$;
comment on function private.lock_limits(uuid) is
    'For those who count: until the end of the transaction the set of the organization''s counters stays as it is. Returns the time zone '
    'that its periods follow; null for an organization that is deleted or unknown. Raises PT400 at another isolation level than read committed.';
revoke all on function private.lock_limits(uuid) from public, anon, authenticated, service_role;

create function private.lock_limits_alone(organization_id uuid) returns void
language plpgsql
set search_path = ''
as $$
begin
    perform pg_advisory_xact_lock(uuid_hash_extended(organization_id, 7305));
end;
$$;
comment on function private.lock_limits_alone(uuid) is
    'For those who change which counters there are: until the end of the transaction nobody counts for the organization.';
revoke all on function private.lock_limits_alone(uuid) from public, anon, authenticated, service_role;

create function private.rebuild_usage_counters(organization_id uuid, quota_id uuid default null) returns bigint
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    made bigint;
begin
    perform private.lock_limits_alone(organization_id);
    delete from private.usage_counters c
    where c.organization_id = organization_id and (quota_id is null or c.quota_id = quota_id);

    with limits as materialized (
        select l.*, date_trunc(l.period::text, now(), l.time_zone) as current_period
        from private.usage_limits l
        where l.organization_id = organization_id and (quota_id is null or l.id = quota_id)
    ),
    recorded as (
        -- A month is a number of days, and both begin at quarters of an hour; minutes do not.
        select
            l.id, l.scope, l.metric, date_trunc(l.period::text, u.bucket, l.time_zone) as period_start,
            u.user_id, u.api_key_id, u.tokens, u.cost_usd, u.requests
        from limits l
        cross join lateral (
            select s.period_start as bucket, s.user_id, s.api_key_id, s.tokens_used as tokens, s.cost_usd, s.requests
            from public.token_usage_summary s
            where s.organization_id = organization_id
                and s.period = 'day'
                and s.period_start >= l.current_period
                and not s.reported_by_client
            union all
            select n.bucket, n.user_id, n.api_key_id, n.tokens_input + n.tokens_output, n.cost_usd, n.requests
            from private.usage_unsummed n
            where n.organization_id = organization_id
                and date_trunc(l.period::text, n.bucket, l.time_zone) >= l.current_period
                and not n.reported_by_client
            union all
            select p.bucket, p.user_id, p.api_key_id, p.tokens_input + p.tokens_output, p.cost_usd, p.requests
            from private.usage_pending p
            where p.organization_id = organization_id
                and date_trunc(l.period::text, p.bucket, l.time_zone) >= l.current_period
                and not p.reported_by_client
        ) u
        where l.period <> 'minute'
            and (l.user_id is null or l.user_id = u.user_id)
            and (l.api_key_id is null or l.api_key_id = u.api_key_id)
        union all
        select
            l.id, l.scope, l.metric, date_trunc('minute', u.created_at),
            u.user_id, u.api_key_id, u.tokens_used, coalesce(u.cost_usd, 0), case when u.adjusts_id is null then 1 else 0 end
        from limits l
        join public.api_usage u on u.organization_id = organization_id and u.created_at >= l.current_period
        where l.period = 'minute'
            and not u.reported_by_client
            and (l.user_id is null or l.user_id = u.user_id)
            and (l.api_key_id is null or l.api_key_id = u.api_key_id)
    ),
    amounts as (
        select
            r.id, r.period_start,
            case r.scope when 'organization' then organization_id when 'user' then r.user_id else r.api_key_id end as subject_id,
            case r.metric when 'tokens' then r.tokens when 'cost' then r.cost_usd else r.requests end as spent,
            0::numeric as held
        from recorded r
        union all
        select
            l.id, date_trunc(l.period::text, r.created_at, l.time_zone),
            case l.scope when 'organization' then organization_id when 'user' then r.user_id else r.api_key_id end,
            0,
            case l.metric when 'tokens' then r.tokens when 'cost' then r.cost_usd else 1 end
        from limits l
        join private.usage_reservations r on r.organization_id = organization_id and r.state = 'open'
        where (l.user_id is null or l.user_id = r.user_id) and (l.api_key_id is null or l.api_key_id = r.api_key_id)
    )
    insert into private.usage_counters (organization_id, quota_id, subject_id, period_start, spent, held)
    select organization_id, a.id, a.subject_id, a.period_start, sum(a.spent), sum(a.held)
    from amounts a
    where a.subject_id is not null
    group by a.id, a.subject_id, a.period_start;
    get diagnostics made = row_count;
    return made;
end;
$$;
comment on function private.rebuild_usage_counters(uuid, uuid) is
    'Counts anew how far the organization''s quotas, or one of them, are used up, from the summaries, what is pending and the open '
    'reservations. Returns how many counters there are. To be called after rows were put into the ledger by hand.';
revoke all on function private.rebuild_usage_counters(uuid, uuid) from public, anon, authenticated, service_role;

create function private.count_for_quota() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    if tg_op = 'INSERT' then
        perform private.rebuild_usage_counters(new.organization_id, new.id);
    else
        perform private.lock_limits_alone(old.organization_id);
        delete from private.usage_counters c where c.organization_id = old.organization_id and c.quota_id = old.id;
    end if;
    return null;
end;
$$;
comment on function private.count_for_quota() is
    'After insert or delete on usage_quotas: counts what the period has seen already, or forgets what was counted.';
revoke all on function private.count_for_quota() from public, anon, authenticated, service_role;

create trigger usage_quotas_count
    after insert or delete on public.usage_quotas
    for each row execute function private.count_for_quota();

create function private.count_for_organization() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform private.rebuild_usage_counters(new.id);
    return null;
end;
$$;
comment on function private.count_for_organization() is
    'After an organization''s time zone changed, or it came back from deletion: its quotas are counted anew. While it is deleted nothing is '
    'counted for it.';
revoke all on function private.count_for_organization() from public, anon, authenticated, service_role;

create trigger organizations_count_usage
    after update of time_zone, deleted_at on public.organizations
    for each row when (
        old.time_zone is distinct from new.time_zone or (old.deleted_at is not null and new.deleted_at is null)
    )
    execute function private.count_for_organization();

-- Counting ------------------------------------------------------------------------------------------------

create function private.raise_usage_alert(organization_id uuid, quota_id uuid, subject_id uuid, period_start timestamptz) returns void
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
begin
    with counted as (
        update private.usage_counters c
        set alerted = case
            when c.spent >= q.limit_value then 100
            when c.spent >= q.limit_value * 0.8 then 80
            else 50
        end
        from public.usage_quotas q
        where c.organization_id = organization_id
            and c.quota_id = quota_id
            and c.subject_id = subject_id
            and c.period_start = period_start
            and q.organization_id = c.organization_id
            and q.id = c.quota_id
        returning c.spent, c.alerted, q.scope, q.metric, q.period, q.limit_value
    ),
    alerts as (
        insert into public.usage_alerts (
            organization_id, quota_id, scope, user_id, api_key_id, metric, period, period_start, threshold, limit_value, spent
        )
        select
            organization_id, quota_id, c.scope,
            case c.scope when 'user' then (select p.user_id from public.user_profiles p where p.user_id = subject_id) end,
            case c.scope when 'api_key' then subject_id end,
            c.metric, c.period, period_start, t.threshold, c.limit_value, c.spent
        from counted c
        join (values (50), (80), (100)) t (threshold) on t.threshold <= c.alerted
        order by t.threshold
        on conflict on constraint usage_alerts_once do nothing
        returning *
    )
    insert into public.user_notifications (user_id, type, title, body, data)
    select
        m.user_id, 'usage-alert',
        format(
            '%s%% of the %s %s is used', a.threshold,
            case a.period when 'day' then 'daily' else 'monthly' end,
            case a.metric when 'cost' then 'budget' when 'tokens' then 'token quota' else 'request quota' end
        ),
        format(
            '%s of %s %s%s in the %s from %s.', trim_scale(a.spent), trim_scale(a.limit_value),
            case a.metric when 'cost' then 'US dollars' else a.metric::text end,
            case a.scope when 'user' then ' of one person' when 'api_key' then ' of one API key' else '' end,
            a.period, to_char(a.period_start at time zone o.time_zone, 'YYYY-MM-DD')
        ),
        jsonb_build_object(
            'organization_id', a.organization_id, 'alert_id', a.id, 'quota_id', a.quota_id, 'threshold', a.threshold,
            'user_id', a.user_id, 'api_key_id', a.api_key_id, 'period_start', a.period_start
        )
    from alerts a
    join public.organizations o on o.id = a.organization_id and o.deleted_at is null
    join public.organization_members m on m.organization_id = a.organization_id and m.role >= 'admin';
end;
$$;
comment on function private.raise_usage_alert(uuid, uuid, uuid, timestamptz) is
    'Makes the alerts that a counter, whose lock the caller holds, calls for, and notifies the organization''s admins and owners of '
    'each. Returns nothing.';
revoke all on function private.raise_usage_alert(uuid, uuid, uuid, timestamptz) from public, anon, authenticated, service_role;

create type private.usage_change as (
    organization_id uuid, user_id uuid, api_key_id uuid, at timestamptz,
    spent_tokens bigint, spent_cost numeric, spent_requests bigint, held_tokens bigint, held_cost numeric, held_requests bigint
);
comment on type private.usage_change is 'What a call changes: by whom and when it was made, and what is spent and held more, or less, than before.';

create type private.counter_change as (
    organization_id uuid, quota_id uuid, subject_id uuid, period_start timestamptz, period public.quota_period,
    limit_value numeric, spent numeric, held numeric
);

create function private.count_usage(
    changes private.usage_change [], zone text, for_user uuid default null, for_key uuid default null
) returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
    one private.usage_change;
    counters private.counter_change [];
    counter private.counter_change;
    spent_now numeric;
    held_now numeric;
    alerted smallint;
    fits boolean := true;
begin
    if cardinality(changes) = 1 and zone is null then
        -- The organization is deleted.
        return true;
    end if;
    -- Both queries say the same. The first is for a single call, and starts in a fraction of the time.
    if cardinality(changes) = 1 then
        one := changes[1];
        counters := array(
            select
                row(
                    q.organization_id, q.id,
                    case q.scope when 'organization' then q.organization_id when 'user' then one.user_id else one.api_key_id end,
                    date_trunc(q.period::text, one.at, zone), q.period, q.limit_value,
                    case q.metric when 'tokens' then one.spent_tokens when 'cost' then coalesce(one.spent_cost, 0) else one.spent_requests end,
                    case q.metric when 'tokens' then one.held_tokens when 'cost' then one.held_cost else one.held_requests end
                )::private.counter_change
            from public.usage_quotas q
            where q.organization_id = one.organization_id
                and case q.scope
                    when 'organization' then true
                    when 'user' then coalesce(q.user_id, one.user_id) = one.user_id
                    else coalesce(q.api_key_id, one.api_key_id) = one.api_key_id
                end
                and (
                    one.held_requests <> 0
                    or date_trunc(q.period::text, one.at, zone) >= date_trunc(q.period::text, now(), zone)
                )
            order by q.id
        );
    else
        counters := array(
            select
                row(
                    l.organization_id, l.id,
                    case l.scope when 'organization' then l.organization_id when 'user' then x.user_id else x.api_key_id end,
                    date_trunc(l.period::text, x.at, l.time_zone), l.period, l.limit_value,
                    sum(case l.metric when 'tokens' then x.spent_tokens when 'cost' then coalesce(x.spent_cost, 0) else x.spent_requests end),
                    sum(case l.metric when 'tokens' then x.held_tokens when 'cost' then x.held_cost else x.held_requests end)
                )::private.counter_change
            from unnest(changes) x
            join private.usage_limits l on l.organization_id = x.organization_id
            where case l.scope
                    when 'organization' then true
                    when 'user' then coalesce(l.user_id, x.user_id) = x.user_id
                    else coalesce(l.api_key_id, x.api_key_id) = x.api_key_id
                end
                -- What comes late for a period that is over is held against nothing, unless it was reserved then.
                and (
                    x.held_requests <> 0
                    or date_trunc(l.period::text, x.at, l.time_zone) >= date_trunc(l.period::text, now(), l.time_zone)
                )
            group by
                l.organization_id, l.id, l.period, l.limit_value,
                case l.scope when 'organization' then l.organization_id when 'user' then x.user_id else x.api_key_id end,
                date_trunc(l.period::text, x.at, l.time_zone)
            order by 1
        );
    end if;
    -- Everybody locks the counters in this order, so that nobody waits in a circle.
    foreach counter in array counters loop
        update private.usage_counters c set spent = c.spent + counter.spent, held = c.held + counter.held
        where c.organization_id = counter.organization_id
            and c.quota_id = counter.quota_id
            and c.subject_id = counter.subject_id
            and c.period_start = counter.period_start
        returning c.spent, c.held, c.alerted into spent_now, held_now, alerted;
        if not found then
            insert into private.usage_counters as c (organization_id, quota_id, subject_id, period_start, spent, held)
            values (
                counter.organization_id, counter.quota_id, counter.subject_id, counter.period_start, counter.spent, counter.held
            )
            on conflict on constraint usage_counters_pkey do update set spent = c.spent + excluded.spent, held = c.held + excluded.held
            returning c.spent, c.held, c.alerted into spent_now, held_now, alerted;
        end if;
        -- A period that is over, whose reservation expires on the way, refuses nothing.
        if spent_now + held_now > counter.limit_value
            and counter.subject_id in (counter.organization_id, for_user, for_key)
            and counter.period_start = date_trunc(counter.period::text, changes[1].at, zone)
        then
            fits := false;
        end if;
        -- Minutes pass too fast to tell anybody about them.
        if spent_now > 0
            and spent_now >= counter.limit_value * (case alerted when 0 then 0.5 when 50 then 0.8 when 80 then 1 end)
            and counter.period <> 'minute'
        then
            perform private.raise_usage_alert(
                counter.organization_id, counter.quota_id, counter.subject_id, counter.period_start
            );
        end if;
    end loop;
    return fits;
end;
$$;
comment on function private.count_usage(private.usage_change [], text, uuid, uuid) is
    'Adds to what is spent and held, of every quota that matches, in the periods of that time, and raises alerts. Returns whether the '
    'organization, the person and the key named are within all limits of the first change''s time then. The caller holds private.lock_limits of each organization, and '
    'where there is one change alone says what time zone that returned.';
revoke all on function private.count_usage(private.usage_change [], text, uuid, uuid) from public, anon, authenticated, service_role;
