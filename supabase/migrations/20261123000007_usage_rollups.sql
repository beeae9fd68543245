-- Usage, rolled up: what dashboards read instead of the ledger.
--
-- Every insert into the ledger is queued in private.usage_pending, in the same transaction. Rolling up deletes from
-- there what it can see and adds it to the summaries, in one transaction too: so each row counts exactly once, whenever it
-- commits and whoever is killed, and the cost follows what is new. A reader adds what is still pending to the summaries, in one
-- statement and so from one snapshot, and is exact to the last committed row.
--
-- The base is 15 minutes of UTC, which every time zone in use is a multiple of. Two stages make the summaries of it, in the
-- organization's time zone. The first runs often: it sums up quarters of an hour, and makes of them hours and the few totals of
-- the month that the dashboards show. The second may run less often: it puts the quarters into the base, and makes days of
-- them, and of days weeks and months.

create type public.summary_period as enum ('hour', 'day', 'week', 'month');

-- What is not rolled up yet -----------------------------------------------------------------------------

-- groundwork: allow no-primary-key because it is a queue: rows are inserted and deleted, and never updated.
create table private.usage_pending (
    organization_id uuid not null,
    bucket timestamptz not null,
    user_id uuid,
    api_key_id uuid,
    model_name text collate "C" not null,
    endpoint text collate "C" not null,
    reported_by_client boolean not null,
    requests bigint not null,
    unpriced bigint not null,
    tokens_input bigint not null,
    tokens_cached bigint not null,
    tokens_output bigint not null,
    cost_usd numeric not null
)
-- A queue: as many rows are deleted as were inserted.
with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_analyze_scale_factor = 0.5);
comment on table private.usage_pending is 'What the ledger holds and the summaries do not: a row for each of its rows, and what is to be summed anew.';

create index usage_pending_organization on private.usage_pending (organization_id);

alter table private.usage_pending enable row level security;
revoke all on private.usage_pending from public, anon, authenticated, service_role;

create function private.queue_usage() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    -- @plpgsql_check_options: newtable = inserted
    insert into private.usage_pending (
        organization_id, bucket, user_id, api_key_id, model_name, endpoint, reported_by_client,
        requests, unpriced, tokens_input, tokens_cached, tokens_output, cost_usd
    )
    select
        u.organization_id, date_bin(interval '15 minutes', u.created_at, timestamptz '2000-01-01 00:00:00+00'),
        u.user_id, u.api_key_id, u.model_name, u.endpoint, u.reported_by_client,
        case when u.adjusts_id is null then 1 else 0 end,
        case when u.adjusts_unpriced then -1 when u.adjusts_id is null and u.cost_usd is null then 1 else 0 end,
        u.tokens_input, u.tokens_cached, u.tokens_output, coalesce(u.cost_usd, 0)
    from inserted u;
    return null;
end;
$$;
comment on function private.queue_usage() is 'After insert on api_usage: queues what the statement inserted.';
revoke all on function private.queue_usage() from public, anon, authenticated, service_role;

create trigger api_usage_queue
    after insert on public.api_usage
    referencing new table as inserted
    for each statement execute function private.queue_usage();

-- The summaries -------------------------------------------------------------------------------------------

create table private.usage_base (
    organization_id uuid not null,
    bucket timestamptz not null,
    series_id uuid not null,
    user_id uuid,
    api_key_id uuid,
    model_name text collate "C" not null,
    endpoint text collate "C" not null,
    reported_by_client boolean not null,
    requests bigint not null,
    unpriced bigint not null,
    tokens_input bigint not null,
    tokens_cached bigint not null,
    tokens_output bigint not null,
    cost_usd numeric not null,
    primary key (organization_id, bucket, series_id)
)
with (fillfactor = 80);
comment on table private.usage_base is 'Usage by 15 minutes of UTC. It outlives the months of the ledger.';
comment on column private.usage_base.series_id is 'See token_usage_summary.';

alter table private.usage_base enable row level security;
revoke all on private.usage_base from public, anon, authenticated, service_role;

create table public.token_usage_summary (
    organization_id uuid not null,
    period public.summary_period not null,
    period_start timestamptz not null,
    series_id uuid not null,
    user_id uuid,
    api_key_id uuid,
    -- Not of the ledger's domains: what comes from there was checked there.
    model_name text collate "C" not null,
    endpoint text collate "C" not null,
    reported_by_client boolean not null,
    requests bigint not null,
    unpriced bigint not null,
    tokens_input bigint not null,
    tokens_cached bigint not null,
    tokens_output bigint not null,
    tokens_used bigint not null generated always as (tokens_input + tokens_output) stored,
    cost_usd numeric not null,
    primary key (organization_id, period, period_start, series_id)
)
with (fillfactor = 80);
comment on table public.token_usage_summary is
    'Usage by hour, day, week and month of the organization''s time zone. Written by aggregate_usage_summary alone, and true as of '
    'its last run; get_usage_timeseries adds what came since.';
comment on column public.token_usage_summary.period_start is 'The first moment of the hour, day, week (Monday) or month.';
comment on column public.token_usage_summary.series_id is
    'Stands for user_id, api_key_id, model_name, endpoint and reported_by_client, as half of the SHA-256 of them: a short key, where they '
    'would be a long one with nulls in it.';
comment on column public.token_usage_summary.user_id is 'Who made the calls; null for none, and once the account is deleted.';
comment on column public.token_usage_summary.requests is 'How many calls; corrections are not counted.';
comment on column public.token_usage_summary.unpriced is 'How many of the calls lack a cost, because no price was known. They are not in cost_usd.';
comment on column public.token_usage_summary.cost_usd is 'What the priced calls cost, with corrections.';

create index token_usage_summary_user on public.token_usage_summary (user_id, period, period_start)
    where user_id is not null and period in ('day', 'month');

alter table public.token_usage_summary enable row level security;
revoke all on public.token_usage_summary from public, anon, authenticated, service_role;
grant select on public.token_usage_summary to authenticated, service_role;

create policy token_usage_summary_select on public.token_usage_summary
    for select to authenticated
    using (
        organization_id = any (array(select private.organization_ids('viewer')))
        and (
            user_id = (select auth.uid())
            or organization_id = any (array(select private.organization_ids('admin')))
        )
    );

-- groundwork: allow no-primary-key because it is a queue: rows are inserted and deleted, and never updated.
create table private.usage_unsummed (like private.usage_pending)
with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_analyze_scale_factor = 0.5);
comment on table private.usage_unsummed is 'What is in the hours, and not in the base, days, weeks and months yet: a row a quarter of an hour and series.';

create index usage_unsummed_organization on private.usage_unsummed (organization_id);

alter table private.usage_unsummed enable row level security;
revoke all on private.usage_unsummed from public, anon, authenticated, service_role;

create table private.usage_months (
    organization_id uuid not null,
    month_start timestamptz not null,
    -- The person, or zeros for nobody: a key has no nulls.
    user_key uuid not null,
    user_id uuid,
    requests bigint not null,
    tokens bigint not null,
    cost_usd numeric not null,
    primary key (organization_id, month_start, user_key)
)
with (fillfactor = 70);
comment on table private.usage_months is
    'What people used in the months of the organization''s time zone, for the dashboards: as fresh as the base, and a row a person.';

create index usage_months_user on private.usage_months (user_id, month_start) where user_id is not null;

alter table private.usage_months enable row level security;
revoke all on private.usage_months from public, anon, authenticated, service_role;

create function private.series_id(
    user_id uuid, api_key_id uuid, model_name text, endpoint text, reported_by_client boolean
) returns uuid
language plpgsql immutable parallel safe
set search_path = ''
as $$
begin
    -- None of these texts may contain a line feed, so that no two series are written alike.
    return encode(substring(sha256(convert_to(
        concat(user_id, e'\n', api_key_id, e'\n', reported_by_client, e'\n', model_name, e'\n', endpoint), 'UTF8'
    )) for 16), 'hex')::uuid;
end;
$$;
comment on function private.series_id(uuid, uuid, text, text, boolean) is 'See token_usage_summary.series_id.';
revoke all on function private.series_id(uuid, uuid, text, text, boolean) from public, anon, authenticated, service_role;

create function private.lock_usage_rollup() returns void
language sql
set search_path = ''
as $$
    select pg_advisory_xact_lock(hashtextextended('groundwork.usage_rollup', 0));
$$;
comment on function private.lock_usage_rollup() is
    'Waits until nobody else is changing the summaries, and keeps others from it until the end of the transaction.';
revoke all on function private.lock_usage_rollup() from public, anon, authenticated, service_role;

create function private.roll_up_hours() returns bigint
language plpgsql
security definer
set search_path = ''
-- Thousands of groups are to be hashed in memory.
set work_mem = '64MB'
as $$
declare
    written bigint;
begin
    -- One statement and so one snapshot: what is deleted is what is summed. Every row is meant, which hosted Supabase
    -- (safeupdate) wants to be said.
    with claimed as (
        delete from private.usage_pending where true
    ),
    fresh as materialized (
        select
            p.organization_id, p.bucket, p.user_id, p.api_key_id, p.model_name, p.endpoint, p.reported_by_client,
            sum(p.requests)::bigint as requests, sum(p.unpriced)::bigint as unpriced,
            sum(p.tokens_input)::bigint as tokens_input, sum(p.tokens_cached)::bigint as tokens_cached,
            sum(p.tokens_output)::bigint as tokens_output, sum(p.cost_usd) as cost_usd
        from private.usage_pending p
        group by 1, 2, 3, 4, 5, 6, 7
    ),
    queued as (
        insert into private.usage_unsummed (
            organization_id, bucket, user_id, api_key_id, model_name, endpoint, reported_by_client,
            requests, unpriced, tokens_input, tokens_cached, tokens_output, cost_usd
        )
        select * from fresh
    ),
    hours as (
        select
            f.organization_id, date_trunc('hour', f.bucket, o.time_zone) as period_start,
            f.user_id, f.api_key_id, f.model_name, f.endpoint, f.reported_by_client,
            sum(f.requests)::bigint as requests, sum(f.unpriced)::bigint as unpriced,
            sum(f.tokens_input)::bigint as tokens_input, sum(f.tokens_cached)::bigint as tokens_cached,
            sum(f.tokens_output)::bigint as tokens_output, sum(f.cost_usd) as cost_usd, o.time_zone
        from fresh f
        join public.organizations o on o.id = f.organization_id
        group by 1, 2, 3, 4, 5, 6, 7, o.time_zone
    ),
    totals as (
        insert into private.usage_months as m (organization_id, month_start, user_key, user_id, requests, tokens, cost_usd)
        select
            h.organization_id, date_trunc('month', h.period_start, h.time_zone),
            coalesce(h.user_id, '00000000-0000-0000-0000-000000000000'), h.user_id,
            sum(h.requests), sum(h.tokens_input + h.tokens_output), sum(h.cost_usd)
        from hours h
        group by 1, 2, 3, 4
        on conflict (organization_id, month_start, user_key) do update set
            requests = m.requests + excluded.requests,
            tokens = m.tokens + excluded.tokens,
            cost_usd = m.cost_usd + excluded.cost_usd
    ),
    summed as (
        insert into public.token_usage_summary as s (
            organization_id, period, period_start, series_id, user_id, api_key_id, model_name, endpoint, reported_by_client,
            requests, unpriced, tokens_input, tokens_cached, tokens_output, cost_usd
        )
        select
            h.organization_id, 'hour', h.period_start,
            private.series_id(h.user_id, h.api_key_id, h.model_name, h.endpoint, h.reported_by_client),
            h.user_id, h.api_key_id, h.model_name, h.endpoint, h.reported_by_client,
            h.requests, h.unpriced, h.tokens_input, h.tokens_cached, h.tokens_output, h.cost_usd
        from hours h
        on conflict (organization_id, period, period_start, series_id) do update set
            requests = s.requests + excluded.requests,
            unpriced = s.unpriced + excluded.unpriced,
            tokens_input = s.tokens_input + excluded.tokens_input,
            tokens_cached = s.tokens_cached + excluded.tokens_cached,
            tokens_output = s.tokens_output + excluded.tokens_output,
            cost_usd = s.cost_usd + excluded.cost_usd
        returning 1
    )
    select count(*) into written from summed;
    return written;
end;
$$;
comment on function private.roll_up_hours() is
    'Moves what is pending to what is unsummed, by quarters of an hour, and adds it to the hours and to the totals of months. Returns how many '
    'rows of the hours it wrote. The caller holds private.lock_usage_rollup.';
revoke all on function private.roll_up_hours() from public, anon, authenticated, service_role;

create function private.roll_up_days(counted public.summary_period) returns bigint
language plpgsql
security definer
set search_path = ''
set work_mem = '64MB'
as $$
declare
    written bigint;
begin
    with claimed as (
        delete from private.usage_unsummed where true
    ),
    fresh as materialized (
        select
            u.organization_id, u.bucket, private.series_id(u.user_id, u.api_key_id, u.model_name, u.endpoint, u.reported_by_client) as series_id,
            u.user_id, u.api_key_id, u.model_name, u.endpoint, u.reported_by_client,
            sum(u.requests)::bigint as requests, sum(u.unpriced)::bigint as unpriced,
            sum(u.tokens_input)::bigint as tokens_input, sum(u.tokens_cached)::bigint as tokens_cached,
            sum(u.tokens_output)::bigint as tokens_output, sum(u.cost_usd) as cost_usd
        from private.usage_unsummed u
        group by 1, 2, u.user_id, u.api_key_id, u.model_name, u.endpoint, u.reported_by_client
    ),
    based as (
        insert into private.usage_base as b (
            organization_id, bucket, series_id, user_id, api_key_id, model_name, endpoint, reported_by_client,
            requests, unpriced, tokens_input, tokens_cached, tokens_output, cost_usd
        )
        select * from fresh
        on conflict (organization_id, bucket, series_id) do update set
            requests = b.requests + excluded.requests,
            unpriced = b.unpriced + excluded.unpriced,
            tokens_input = b.tokens_input + excluded.tokens_input,
            tokens_cached = b.tokens_cached + excluded.tokens_cached,
            tokens_output = b.tokens_output + excluded.tokens_output,
            cost_usd = b.cost_usd + excluded.cost_usd
    ),
    days as materialized (
        select
            f.organization_id, date_trunc('day', f.bucket, o.time_zone) as period_start, f.series_id,
            f.user_id, f.api_key_id, f.model_name, f.endpoint, f.reported_by_client,
            sum(f.requests)::bigint as requests, sum(f.unpriced)::bigint as unpriced,
            sum(f.tokens_input)::bigint as tokens_input, sum(f.tokens_cached)::bigint as tokens_cached,
            sum(f.tokens_output)::bigint as tokens_output, sum(f.cost_usd) as cost_usd, o.time_zone
        from fresh f
        join public.organizations o on o.id = f.organization_id
        group by 1, 2, 3, 4, 5, 6, 7, 8, o.time_zone
    ),
    weeks_and_months as (
        select
            d.organization_id, l.period, date_trunc(l.period::text, d.period_start, d.time_zone) as period_start, d.series_id,
            d.user_id, d.api_key_id, d.model_name, d.endpoint, d.reported_by_client,
            sum(d.requests)::bigint as requests, sum(d.unpriced)::bigint as unpriced,
            sum(d.tokens_input)::bigint as tokens_input, sum(d.tokens_cached)::bigint as tokens_cached,
            sum(d.tokens_output)::bigint as tokens_output, sum(d.cost_usd) as cost_usd
        from days d
        cross join (values ('week'::public.summary_period), ('month')) l (period)
        group by 1, 2, 3, 4, 5, 6, 7, 8, 9
    ),
    summed as (
        insert into public.token_usage_summary as s (
            organization_id, period, period_start, series_id, user_id, api_key_id, model_name, endpoint, reported_by_client,
            requests, unpriced, tokens_input, tokens_cached, tokens_output, cost_usd
        )
        select
            d.organization_id, 'day', d.period_start, d.series_id,
            d.user_id, d.api_key_id, d.model_name, d.endpoint, d.reported_by_client,
            d.requests, d.unpriced, d.tokens_input, d.tokens_cached, d.tokens_output, d.cost_usd
        from days d
        union all
        select * from weeks_and_months
        on conflict (organization_id, period, period_start, series_id) do update set
            requests = s.requests + excluded.requests,
            unpriced = s.unpriced + excluded.unpriced,
            tokens_input = s.tokens_input + excluded.tokens_input,
            tokens_cached = s.tokens_cached + excluded.tokens_cached,
            tokens_output = s.tokens_output + excluded.tokens_output,
            cost_usd = s.cost_usd + excluded.cost_usd
        returning s.period
    )
    select count(*) into written from summed s where s.period = counted;
    return written;
end;
$$;
comment on function private.roll_up_days(public.summary_period) is
    'Moves what is unsummed to the base, and adds it to the days, and from them to weeks and months. Returns how many rows of that period it '
    'wrote. The caller holds private.lock_usage_rollup.';
revoke all on function private.roll_up_days(public.summary_period) from public, anon, authenticated, service_role;

create function private.roll_up_usage(counted public.summary_period) returns bigint
language plpgsql
security definer
set search_path = ''
as $$
declare
    written bigint;
begin
    -- A second copy waits here and then finds only what is newer. Writers of the ledger never take this lock.
    perform private.lock_usage_rollup();
    written := private.roll_up_hours();
    if counted <> 'hour' then
        written := private.roll_up_days(counted);
    end if;
    return written;
end;
$$;
comment on function private.roll_up_usage(public.summary_period) is
    'What public.aggregate_usage_summary does, with the rights to write the summaries.';
revoke all on function private.roll_up_usage(public.summary_period) from public, anon, authenticated, service_role;
grant execute on function private.roll_up_usage(public.summary_period) to service_role;

create function public.aggregate_usage_summary(p_period public.summary_period) returns bigint
language sql
set search_path = ''
as $$
    select private.roll_up_usage(p_period);
$$;
comment on function public.aggregate_usage_summary(public.summary_period) is
    'For the service role: adds what the ledger has got since the last run, by whatever transaction and however late, to the summaries, '
    'each row once: hour to the hours alone, any other period to hours, days, weeks and months. Returns how many rows of the summary of '
    'p_period it wrote.';
revoke all on function public.aggregate_usage_summary(public.summary_period) from public, anon, authenticated, service_role;
grant execute on function public.aggregate_usage_summary(public.summary_period) to service_role;

-- What moves summaries ------------------------------------------------------------------------------------
-- Both take a part of the base and of what is unsummed back to what is pending, from where the next run makes the summaries
-- anew. Readers add up the same before and after.

create function private.rezone_usage() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    -- In this order, as when an account is deleted whose quotas go with it.
    perform private.lock_limits_alone(new.id);
    perform private.lock_usage_rollup();
    delete from public.token_usage_summary s where s.organization_id = new.id;
    delete from private.usage_months m where m.organization_id = new.id;
    with unsummed as (
        delete from private.usage_unsummed u where u.organization_id = new.id returning *
    ),
    based as (
        delete from private.usage_base b where b.organization_id = new.id returning *
    )
    insert into private.usage_pending (
        organization_id, bucket, user_id, api_key_id, model_name, endpoint, reported_by_client,
        requests, unpriced, tokens_input, tokens_cached, tokens_output, cost_usd
    )
    select
        u.organization_id, u.bucket, u.user_id, u.api_key_id, u.model_name, u.endpoint, u.reported_by_client,
        u.requests, u.unpriced, u.tokens_input, u.tokens_cached, u.tokens_output, u.cost_usd
    from unsummed u
    union all
    select
        b.organization_id, b.bucket, b.user_id, b.api_key_id, b.model_name, b.endpoint, b.reported_by_client,
        b.requests, b.unpriced, b.tokens_input, b.tokens_cached, b.tokens_output, b.cost_usd
    from based b;
    return null;
end;
$$;
comment on function private.rezone_usage() is
    'After an organization''s time zone changed: its days begin at other moments, so its summaries are made anew.';
revoke all on function private.rezone_usage() from public, anon, authenticated, service_role;

-- Triggers of one event run in the order of their names: this one before quotas are counted anew from what it leaves.
create trigger organizations_a_rezone_usage
    after update of time_zone on public.organizations
    for each row when (old.time_zone is distinct from new.time_zone)
    execute function private.rezone_usage();

create function private.forget_person_in_usage() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    -- After the delete: calls that were being recorded for the person held a lock on the profile, and are visible by now.
    perform private.lock_usage_rollup();
    update private.usage_pending p set user_id = null where p.user_id = old.user_id;
    delete from private.usage_months m where m.user_id = old.user_id;
    with unsummed as (
        delete from private.usage_unsummed u where u.user_id = old.user_id returning *
    ),
    -- The base has no index of people, which every call would pay for: the days tell where to look.
    based as (
        delete from private.usage_base b
        using public.token_usage_summary s
        -- A day has up to 25 hours, and where clocks are put back at midnight its first one lies before what counts as its start.
        cross join generate_series(-4, 99) n
        where s.user_id = old.user_id
            and s.period = 'day'
            and b.organization_id = s.organization_id
            and b.bucket = s.period_start + n * interval '15 minutes'
            and b.series_id = s.series_id
        returning b.*
    ),
    taken as (
        select
            u.organization_id, u.bucket, u.user_id, u.api_key_id, u.model_name, u.endpoint, u.reported_by_client,
            u.requests, u.unpriced, u.tokens_input, u.tokens_cached, u.tokens_output, u.cost_usd
        from unsummed u
        union all
        select
            b.organization_id, b.bucket, b.user_id, b.api_key_id, b.model_name, b.endpoint, b.reported_by_client,
            b.requests, b.unpriced, b.tokens_input, b.tokens_cached, b.tokens_output, b.cost_usd
        from based b
    ),
    gone as (
        delete from public.token_usage_summary s
        using (
            select distinct
                t.organization_id, l.period, date_trunc(l.period::text, t.bucket, o.time_zone) as period_start,
                private.series_id(t.user_id, t.api_key_id, t.model_name, t.endpoint, t.reported_by_client) as series_id
            from taken t
            join public.organizations o on o.id = t.organization_id
            cross join unnest(enum_range(null::public.summary_period)) l (period)
        ) t
        where s.organization_id = t.organization_id
            and s.period = t.period
            and s.period_start = t.period_start
            and s.series_id = t.series_id
    )
    insert into private.usage_pending (
        organization_id, bucket, user_id, api_key_id, model_name, endpoint, reported_by_client,
        requests, unpriced, tokens_input, tokens_cached, tokens_output, cost_usd
    )
    select
        t.organization_id, t.bucket, null, t.api_key_id, t.model_name, t.endpoint, t.reported_by_client,
        t.requests, t.unpriced, t.tokens_input, t.tokens_cached, t.tokens_output, t.cost_usd
    from taken t;
    return null;
end;
$$;
comment on function private.forget_person_in_usage() is
    'After an account was deleted: what it used counts for nobody, in the summaries as in the ledger.';
revoke all on function private.forget_person_in_usage() from public, anon, authenticated, service_role;

create trigger user_profiles_forget_in_usage
    after delete on public.user_profiles
    for each row execute function private.forget_person_in_usage();

-- Reading -------------------------------------------------------------------------------------------------

create type public.usage_dimension as enum ('model', 'user', 'endpoint', 'api_key');

create function private.usage_timeseries(
    organization_id uuid, starts timestamptz, ends timestamptz, bucket public.summary_period,
    group_by public.usage_dimension, user_id uuid
) returns table (
    bucket_start timestamptz, group_key text, requests bigint, unpriced bigint, tokens_input bigint, tokens_cached bigint,
    tokens_output bigint, tokens_used bigint, cost_usd numeric
)
language plpgsql stable
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    unit constant text := bucket::text;
    zone text;
    first_bucket timestamptz;
begin
    perform private.require_role(
        organization_id,
        case
            when group_by in ('user', 'api_key') and user_id is distinct from auth.uid() or user_id <> auth.uid() then 'admin'
            else 'viewer'
        end::public.organization_role
    );
    if starts is null or ends is null or starts >= ends then
        raise sqlstate 'PT400' using
            message = 'p_from is not before p_to', hint = 'Name the moment from which and the moment before which usage is wanted.';
    end if;
    select o.time_zone into zone from public.organizations o where o.id = organization_id;
    -- Where a clock goes back over midnight the day begins twice, and for Postgres at the second time: what lies before that is
    -- of the day too. So what is compared is never the moment itself.
    first_bucket := date_trunc(unit, starts, zone);
    return query
        select
            u.bucket_start, u.group_key, sum(u.requests)::bigint, sum(u.unpriced)::bigint, sum(u.tokens_input)::bigint,
            sum(u.tokens_cached)::bigint, sum(u.tokens_output)::bigint,
            sum(u.tokens_input + u.tokens_output)::bigint, trim_scale(sum(u.cost_usd))
        from (
            select
                s.period_start as bucket_start,
                case group_by
                    when 'model' then s.model_name when 'user' then s.user_id::text
                    when 'endpoint' then s.endpoint when 'api_key' then s.api_key_id::text
                end as group_key,
                s.requests, s.unpriced, s.tokens_input, s.tokens_cached, s.tokens_output, s.cost_usd
            from public.token_usage_summary s
            where s.organization_id = organization_id
                and s.period = bucket
                and s.period_start >= first_bucket
                and s.period_start < ends
                and (user_id is null or s.user_id = user_id)
            union all
            select
                date_trunc(unit, n.bucket, zone),
                case group_by
                    when 'model' then n.model_name when 'user' then n.user_id::text
                    when 'endpoint' then n.endpoint when 'api_key' then n.api_key_id::text
                end,
                n.requests, n.unpriced, n.tokens_input, n.tokens_cached, n.tokens_output, n.cost_usd
            from private.usage_unsummed n
            where bucket <> 'hour'
                and n.organization_id = organization_id
                and date_trunc(unit, n.bucket, zone) >= first_bucket
                and date_trunc(unit, n.bucket, zone) < ends
                and (user_id is null or n.user_id = user_id)
            union all
            select
                date_trunc(unit, p.bucket, zone),
                case group_by
                    when 'model' then p.model_name when 'user' then p.user_id::text
                    when 'endpoint' then p.endpoint when 'api_key' then p.api_key_id::text
                end,
                p.requests, p.unpriced, p.tokens_input, p.tokens_cached, p.tokens_output, p.cost_usd
            from private.usage_pending p
            where p.organization_id = organization_id
                and date_trunc(unit, p.bucket, zone) >= first_bucket
                and date_trunc(unit, p.bucket, zone) < ends
                and (user_id is null or p.user_id = user_id)
        ) u
        group by u.bucket_start, u.group_key
        order by u.bucket_start, u.group_key;
end;
$$;
comment on function private.usage_timeseries(
    uuid, timestamptz, timestamptz, public.summary_period, public.usage_dimension, uuid
) is 'What public.get_usage_timeseries does, with the rights to read what is not rolled up yet.';
revoke all on function private.usage_timeseries(
    uuid, timestamptz, timestamptz, public.summary_period, public.usage_dimension, uuid
) from public, anon, authenticated, service_role;
grant execute on function private.usage_timeseries(
    uuid, timestamptz, timestamptz, public.summary_period, public.usage_dimension, uuid
) to authenticated, service_role;

create function public.get_usage_timeseries(
    p_organization_id uuid,
    p_from timestamptz,
    p_to timestamptz,
    p_bucket public.summary_period default 'day',
    p_group_by public.usage_dimension default null,
    p_user_id uuid default null
) returns table (
    bucket_start timestamptz, group_key text, requests bigint, unpriced bigint, tokens_input bigint, tokens_cached bigint,
    tokens_output bigint, tokens_used bigint, cost_usd numeric
)
language sql stable
set search_path = ''
as $$
    select * from private.usage_timeseries(p_organization_id, p_from, p_to, p_bucket, p_group_by, p_user_id);
$$;
comment on function public.get_usage_timeseries(
    uuid, timestamptz, timestamptz, public.summary_period, public.usage_dimension, uuid
) is
    'The usage of an organization, exact to the last committed call, in whole hours, days, weeks or months of its time zone: all that '
    'overlap the time from p_from to p_to, in order; those without usage are left out. group_key is the model, the user''s id, the endpoint '
    'or the API key''s id (null for none), or always null where p_group_by is. cost_usd leaves out the unpriced calls. Members ask '
    'for totals, models and endpoints, and with p_user_id for their own; whatever tells people or API keys apart needs an admin. '
    'Raises PT400, PT403 or PT404.';
revoke all on function public.get_usage_timeseries(
    uuid, timestamptz, timestamptz, public.summary_period, public.usage_dimension, uuid
) from public, anon, authenticated, service_role;
grant execute on function public.get_usage_timeseries(
    uuid, timestamptz, timestamptz, public.summary_period, public.usage_dimension, uuid
) to authenticated, service_role;
