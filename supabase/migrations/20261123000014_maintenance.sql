-- Maintenance: everything periodic, as one table of jobs, and what calls it.
--
-- Where pg_cron is installed it runs each job by its schedule, in a transaction of its own. Anywhere else, whatever calls
-- run_maintenance() every minute or so runs the jobs that are due: the local stack, a cron of the host, a scheduled function.
-- Both together do no harm.

-- Schedules -----------------------------------------------------------------------------------------------

create function private.cron_values(field text, lowest int, highest int) returns int []
language plpgsql immutable parallel safe
set search_path = ''
as $$
declare
    part text;
    matched text [];
    step int;
    first int;
    last int;
    found_values int [] := array[]::int [];
begin
    if coalesce(field, '') = '' then
        return null;
    end if;
    foreach part in array string_to_array(field, ',') loop
        matched := regexp_match(part, '^(?:(\*)|(\d{1,2})(?:-(\d{1,2}))?)(?:/(\d{1,2}))?$');
        if matched is null then
            return null;
        end if;
        step := coalesce(matched[4]::int, 1);
        first := case when matched[1] is not null then lowest else matched[2]::int end;
        last := case
            when matched[1] is not null then highest
            when matched[3] is not null then matched[3]::int
            -- As in cron: `5/10` begins at 5, and plain `5` is 5 alone.
            when matched[4] is not null then highest
            else first
        end;
        if step = 0 or first < lowest or last > highest or first > last then
            return null;
        end if;
        found_values := found_values || array(select generate_series(first, last, step));
    end loop;
    return found_values;
end;
$$;
comment on function private.cron_values(text, int, int) is
    'The values that a field of a cron schedule names, such as {0,15,30,45} for */15; null where it is not one.';
revoke all on function private.cron_values(text, int, int) from public, anon, authenticated, service_role;
grant execute on function private.cron_values(text, int, int) to service_role;

create function private.is_cron_schedule(schedule text) returns boolean
language sql immutable parallel safe
set search_path = ''
as $$
    select cardinality(f.fields) = 5
        and private.cron_values(f.fields[1], 0, 59) is not null
        and private.cron_values(f.fields[2], 0, 23) is not null
        and private.cron_values(f.fields[3], 1, 31) is not null
        and private.cron_values(f.fields[4], 1, 12) is not null
        and private.cron_values(f.fields[5], 0, 7) is not null
        -- The 31st of February never comes.
        and exists (
            select from generate_series(date '2024-01-01', date '2024-12-31', interval '1 day') d
            where extract(month from d)::int = any (private.cron_values(f.fields[4], 1, 12))
                and (f.fields[5] <> '*' or extract(day from d)::int = any (private.cron_values(f.fields[3], 1, 31)))
        )
    from (select regexp_split_to_array(btrim(schedule), '\s+') as fields) f;
$$;
comment on function private.is_cron_schedule(text) is
    'True for minute, hour, day of month, month and day of week with numbers, lists, ranges and steps; for use in a check constraint.';
revoke all on function private.is_cron_schedule(text) from public, anon, authenticated, service_role;
grant execute on function private.is_cron_schedule(text) to service_role;

create function private.next_cron_time(schedule text, after timestamptz) returns timestamptz
language plpgsql immutable parallel safe
set search_path = ''
as $$
declare
    fields constant text [] := regexp_split_to_array(btrim(schedule), '\s+');
    minutes constant int [] := private.cron_values(fields[1], 0, 59);
    hours constant int [] := private.cron_values(fields[2], 0, 23);
    days constant int [] := private.cron_values(fields[3], 1, 31);
    months constant int [] := private.cron_values(fields[4], 1, 12);
    weekdays constant int [] := private.cron_values(fields[5], 0, 7);
    start constant timestamp := date_trunc('minute', after at time zone 'UTC') + interval '1 minute';
    day date := start::date;
    moment timestamp;
begin
    -- The 29th of February may be eight years away.
    for i in 0..3000 loop
        if extract(month from day)::int = any (months)
            -- As in cron: where both days are restricted, either will do.
            and (case
                when fields[3] = '*' or fields[5] = '*'
                    then extract(day from day)::int = any (days)
                        and (extract(dow from day)::int = any (weekdays) or extract(isodow from day)::int = any (weekdays))
                else extract(day from day)::int = any (days)
                    or extract(dow from day)::int = any (weekdays)
                    or extract(isodow from day)::int = any (weekdays)
            end)
        then
            select min(t.moment) into moment
            from unnest(hours) h (hour)
            cross join unnest(minutes) m (minute)
            cross join lateral (select day + make_interval(hours => h.hour, mins => m.minute) as moment) t
            where t.moment >= start;
            if moment is not null then
                return moment at time zone 'UTC';
            end if;
        end if;
        day := day + 1;
    end loop;
    return null;
end;
$$;
comment on function private.next_cron_time(text, timestamptz) is 'The first minute after that time that the schedule names, in UTC as pg_cron has it.';
revoke all on function private.next_cron_time(text, timestamptz) from public, anon, authenticated, service_role;

-- Jobs and runs -------------------------------------------------------------------------------------------

create table public.maintenance_jobs (
    name public.slug primary key,
    description text not null,
    schedule text not null constraint schedule_is_cron check (private.is_cron_schedule(schedule)),
    command text not null,
    place smallint not null default 50,
    is_enabled boolean not null default true,
    next_run_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
comment on table public.maintenance_jobs is
    'Everything that has to be done now and then. For the service role, who may change the schedules and switch jobs off.';
comment on column public.maintenance_jobs.schedule is 'As in cron, in UTC: minute, hour, day of month, month, day of week.';
comment on column public.maintenance_jobs.command is 'A query whose one value is how many rows it dealt with. Run as the database''s owner.';
comment on column public.maintenance_jobs.place is
    'Jobs that are due together run in this order; those that hold locks which others may wait for come last.';

create table public.maintenance_runs (
    id uuid primary key default gen_random_uuid(),
    job public.slug not null references public.maintenance_jobs (name) on update cascade on delete cascade,
    started_at timestamptz not null,
    finished_at timestamptz not null,
    row_count bigint,
    error text,
    constraint maintenance_runs_end_later check (finished_at >= started_at)
);
comment on table public.maintenance_runs is 'Each run of a maintenance job: when, how long, how many rows, and the error if it failed. Kept for 30 days.';

create index maintenance_runs_job on public.maintenance_runs (job, started_at desc);
create index maintenance_runs_started_at on public.maintenance_runs (started_at);

alter table public.maintenance_jobs enable row level security;
revoke all on public.maintenance_jobs from public, anon, authenticated, service_role;
grant select, update (schedule, is_enabled) on public.maintenance_jobs to service_role;

alter table public.maintenance_runs enable row level security;
revoke all on public.maintenance_runs from public, anon, authenticated, service_role;
grant select on public.maintenance_runs to service_role;

create function private.plan_job() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    -- What is no schedule is refused by the constraint.
    if private.is_cron_schedule(new.schedule) then
        new.next_run_at := private.next_cron_time(new.schedule, clock_timestamp());
    end if;
    new.updated_at := now();
    return new;
end;
$$;
comment on function private.plan_job() is 'Before a maintenance job''s schedule changes: says when it runs next.';
revoke all on function private.plan_job() from public, anon, authenticated, service_role;

create trigger maintenance_jobs_plan
    before update of schedule, is_enabled on public.maintenance_jobs
    for each row execute function private.plan_job();

create function private.run_maintenance(only_job text) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    due public.maintenance_jobs;
    started timestamptz;
    handled bigint;
    failure text;
    report jsonb := jsonb_build_array();
begin
    for due in
        select j.* from public.maintenance_jobs j
        where case when only_job is null then j.is_enabled and j.next_run_at <= now() else j.name = only_job end
        order by j.place, j.name
        -- A job that runs elsewhere at this moment is in good hands.
        for update skip locked
    loop
        started := clock_timestamp();
        handled := null;
        failure := null;
        begin
            -- Nobody should have to wait behind maintenance that waits itself. It will be tried again.
            perform set_config('lock_timeout', '10s', true);
            execute due.command into handled;
        exception
            when others then
                failure := format('%s: %s', sqlstate, sqlerrm);
        end;
        insert into public.maintenance_runs (job, started_at, finished_at, row_count, error)
        values (due.name, started, clock_timestamp(), handled, failure);
        update public.maintenance_jobs j
        set next_run_at = private.next_cron_time(due.schedule, clock_timestamp())
        where j.name = due.name;
        report := report || jsonb_build_object(
            'job', due.name, 'row_count', handled, 'error', failure,
            'seconds', round(extract(epoch from clock_timestamp() - started), 3)
        );
    end loop;
    return report;
end;
$$;
comment on function private.run_maintenance(text) is 'What public.run_maintenance does, with the rights of the database''s owner.';
revoke all on function private.run_maintenance(text) from public, anon, authenticated, service_role;
grant execute on function private.run_maintenance(text) to service_role;

create function public.run_maintenance(p_job text default null) returns jsonb
language sql
set search_path = ''
-- A job may take long after a time without any; the Data API takes the time from here, and would end all that are due with one.
set statement_timeout = '30min'
as $$
    select private.run_maintenance(p_job);
$$;
comment on function public.run_maintenance(text) is
    'For the service role: runs the maintenance jobs that are due, or the one that is named, whether due or not. Returns [{job, row_count, '
    'error, seconds}] of those that ran; a job that is running elsewhere is left out, and one that fails does not keep the others. Call it every '
    'minute where there is no pg_cron.';
revoke all on function public.run_maintenance(text) from public, anon, authenticated, service_role;
grant execute on function public.run_maintenance(text) to service_role;

-- pg_cron -------------------------------------------------------------------------------------------------

create function private.schedule_maintenance() returns bigint
language plpgsql
security definer
set search_path = ''
as $$
declare
    -- The extension is in one database of a server, and only where somebody made it; what it has is looked up when this runs.
    cron constant name := (
        select n.nspname from pg_catalog.pg_namespace n
        where n.nspname = 'cron' and to_regprocedure('cron.schedule(text, text, text)') is not null
    );
    scheduled bigint;
begin
    if cron is null then
        return 0;
    end if;
    execute format(
        $cron$
            select count(%1$I.unschedule(c.jobid))
            from %1$I.job c
            where c.jobname like 'groundwork-%%'
                and c.username = current_user
                and not exists (
                    select from public.maintenance_jobs j where j.is_enabled and 'groundwork-' || j.name = c.jobname
                )
        $cron$,
        cron
    );
    execute format(
        $cron$
            select count(
                %1$I.schedule('groundwork-' || j.name, j.schedule, format('select public.run_maintenance(%%L)', j.name))
            )
            from public.maintenance_jobs j
            where j.is_enabled
        $cron$,
        cron
    )
    into scheduled;
    return scheduled;
end;
$$;
comment on function private.schedule_maintenance() is 'What public.schedule_maintenance does, as the database''s owner.';
revoke all on function private.schedule_maintenance() from public, anon, authenticated, service_role;
grant execute on function private.schedule_maintenance() to service_role;

create function public.schedule_maintenance() returns bigint
language sql
set search_path = ''
as $$
    select private.schedule_maintenance();
$$;
comment on function public.schedule_maintenance() is
    'For the service role: has pg_cron run the maintenance jobs, each by its schedule, and returns how many; 0 where the extension is not '
    'installed. Done by the migration and whenever a job changes: call it once if pg_cron is installed later.';
revoke all on function public.schedule_maintenance() from public, anon, authenticated, service_role;
grant execute on function public.schedule_maintenance() to service_role;

create function private.reschedule_maintenance() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform private.schedule_maintenance();
    return null;
end;
$$;
comment on function private.reschedule_maintenance() is 'After a maintenance job changed: pg_cron, where it is installed, is told.';
revoke all on function private.reschedule_maintenance() from public, anon, authenticated, service_role;

-- Retention -----------------------------------------------------------------------------------------------

create table private.usage_retention (
    organization_id uuid references public.organizations (id) on delete cascade,
    months int not null constraint months_are_plausible check (months between 1 and 1200),
    constraint usage_retention_once unique nulls not distinct (organization_id)
);
comment on table private.usage_retention is
    'For how many whole months before this one the ledger is kept: of an organization, or (null) of all that have no row. Without either '
    'it is kept for ever. The summaries always are.';

alter table private.usage_retention enable row level security;
revoke all on private.usage_retention from public, anon, authenticated, service_role;

create function private.set_usage_retention(months int, for_organization uuid) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    if for_organization is not null then
        perform private.require_role(for_organization, 'owner');
    end if;
    delete from private.usage_retention r where r.organization_id is not distinct from for_organization;
    if months is not null then
        insert into private.usage_retention (organization_id, months) values (for_organization, months);
    end if;
end;
$$;
comment on function private.set_usage_retention(int, uuid) is 'What public.set_usage_retention does, with the rights to write the table.';
revoke all on function private.set_usage_retention(int, uuid) from public, anon, authenticated, service_role;
grant execute on function private.set_usage_retention(int, uuid) to service_role;

create function public.set_usage_retention(p_months int, p_organization_id uuid default null) returns void
language sql
set search_path = ''
as $$
    select private.set_usage_retention(p_months, p_organization_id);
$$;
comment on function public.set_usage_retention(int, uuid) is
    'For the service role: says for how many whole months the ledger is kept, of one organization or of all that have no number of their own; '
    'null takes the number back. What is older is dropped once it is in the summaries, which stay. Returns nothing. Raises PT404.';
revoke all on function public.set_usage_retention(int, uuid) from public, anon, authenticated, service_role;
grant execute on function public.set_usage_retention(int, uuid) to service_role;

create function private.drop_usage_month(month date, detach boolean default false) returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
    name constant text := private.usage_partition_name(date_trunc('month', month)::date);
begin
    if to_regclass('private.' || name) is null then
        return false;
    end if;
    -- Most of it is rolled up before anybody has to wait, and what came since when nobody can write any more.
    perform private.roll_up_usage('month');
    lock table public.api_usage in access exclusive mode;
    perform private.roll_up_usage('month');
    execute format('alter table public.api_usage detach partition private.%I', name);
    if not detach then
        execute format('drop table private.%I', name);
    end if;
    return true;
end;
$$;
comment on function private.drop_usage_month(date, boolean) is
    'Drops the ledger''s partition of the month, or detaches it to be archived, once all of it is in the summaries. Returns false where '
    'there is none.';
revoke all on function private.drop_usage_month(date, boolean) from public, anon, authenticated, service_role;

create function private.apply_usage_retention(detach boolean default false) returns bigint
language plpgsql
security definer
set search_path = ''
as $$
declare
    this_month constant date := date_trunc('month', now() at time zone 'UTC')::date;
    for_all constant int := (select r.months from private.usage_retention r where r.organization_id is null);
    partition record;
    age int;
    removed bigint;
    done bigint := 0::bigint;
begin
    if not exists (select from private.usage_retention) then
        return 0;
    end if;
    for partition in
        select c.relname, to_date(right(c.relname, 7), 'YYYY_MM') as month
        from pg_catalog.pg_inherits i
        join pg_catalog.pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'public.api_usage'::regclass and c.relname ~ '^api_usage_\d{4}_\d{2}$'
        order by 1
    loop
        age := (extract(year from age(this_month, partition.month)) * 12 + extract(month from age(this_month, partition.month)))::int;
        if age <= least(for_all, (select min(r.months) from private.usage_retention r)) then
            continue;
        end if;
        perform private.roll_up_usage('month');
        if age > for_all and not exists (
            select from private.usage_retention r
            where r.months >= age
                and exists (
                    select from public.api_usage u
                    where u.organization_id = r.organization_id
                        and u.created_at >= partition.month::timestamp at time zone 'UTC'
                        and u.created_at < (partition.month + interval '1 month') at time zone 'UTC'
                )
        ) then
            perform private.drop_usage_month(partition.month, detach);
            done := done + 1;
            continue;
        end if;
        -- Some of its organizations keep the month, and some do not.
        perform set_config('groundwork.ledger_maintenance', 'on', true);
        execute format(
            $delete$
                delete from private.%I u
                using public.organizations o
                left join private.usage_retention r on r.organization_id = o.id
                where o.id = u.organization_id and coalesce(r.months, $1) < $2
            $delete$,
            partition.relname
        ) using for_all, age;
        get diagnostics removed = row_count;
        perform set_config('groundwork.ledger_maintenance', 'off', true);
        done := done + removed;
    end loop;
    return done;
end;
$$;
comment on function private.apply_usage_retention(boolean) is
    'Drops (or detaches) the months of the ledger that no organization keeps any longer, and deletes from the others the rows of those that do not. '
    'Returns how many partitions and rows that were.';
revoke all on function private.apply_usage_retention(boolean) from public, anon, authenticated, service_role;

-- Cleaning up ---------------------------------------------------------------------------------------------

create function private.cleanup_usage() returns bigint
language sql
security definer
set search_path = ''
as $$
    with reservations as (
        delete from private.usage_reservations r
        where r.state <> 'open' and r.closed_at < now() - interval '7 days'
        returning 1
    ),
    requests as (
        delete from private.usage_requests r where r.claimed_at < now() - interval '400 days' returning 1
    ),
    counters as (
        delete from private.usage_counters c
        using public.usage_quotas q
        where q.organization_id = c.organization_id
            and q.id = c.quota_id
            and c.held = 0
            and c.period_start < now() - case q.period
                when 'minute' then interval '1 hour' when 'day' then interval '3 days' else interval '63 days'
            end
        returning 1
    )
    select (select count(*) from reservations) + (select count(*) from requests) + (select count(*) from counters);
$$;
comment on function private.cleanup_usage() is
    'Deletes reservations that were closed a week ago, request ids of over 400 days, and counters of periods that are over. Returns how many.';
revoke all on function private.cleanup_usage() from public, anon, authenticated, service_role;

create function private.cleanup_expired_invitations() returns bigint
language sql
security definer
set search_path = ''
as $$
    with gone as (
        -- For a month whoever comes with the token is told that it has expired, and not that it never was.
        delete from public.organization_invitations i
        where i.accepted_at is null and i.expires_at < now() - interval '30 days'
        returning 1
    ),
    counts as (
        -- Not yesterday's: a transaction may have begun then.
        delete from private.invitation_counts c where c.day < (now() at time zone 'UTC')::date - 1 returning 1
    )
    select (select count(*) from gone) + (select count(*) from counts);
$$;
comment on function private.cleanup_expired_invitations() is
    'Deletes invitations that expired a month ago and were not accepted, and the counts of the days before yesterday. Returns how many.';
revoke all on function private.cleanup_expired_invitations() from public, anon, authenticated, service_role;

create function private.cleanup_maintenance_runs() returns bigint
language plpgsql
security definer
set search_path = ''
as $$
declare
    history constant regclass := to_regclass('cron.job_run_details');
    gone bigint;
    gone_from_cron bigint := 0::bigint;
begin
    delete from public.maintenance_runs r where r.started_at < now() - interval '30 days';
    get diagnostics gone = row_count;
    if history is not null then
        -- pg_cron keeps a row a run, and never deletes one.
        execute format(
            $cron$
                delete from %s d where d.command like 'select public.run_maintenance(%%' and d.end_time < now() - interval '7 days'
            $cron$,
            history
        );
        get diagnostics gone_from_cron = row_count;
    end if;
    return gone + gone_from_cron;
end;
$$;
comment on function private.cleanup_maintenance_runs() is
    'Deletes the records of runs of over 30 days ago, and pg_cron''s own of over a week. Returns how many.';
revoke all on function private.cleanup_maintenance_runs() from public, anon, authenticated, service_role;

-- The jobs ------------------------------------------------------------------------------------------------

insert into public.maintenance_jobs (name, schedule, place, description, command) values
    (
        'sessions', '15 3 * * *', 10, 'Deletes the device sessions that have expired.',
        'select public.cleanup_expired_sessions()'
    ),
    (
        'typing-indicators', '*/5 * * * *', 10, 'Deletes the typing indicators that have expired.',
        'select public.cleanup_typing_indicators()'
    ),
    (
        'invitations', '30 3 * * *', 10, 'Deletes invitations that expired a month ago, and what was counted of them on past days.',
        'select private.cleanup_expired_invitations()'
    ),
    (
        'runs', '45 3 * * *', 10, 'Deletes old records of runs.',
        'select private.cleanup_maintenance_runs()'
    ),
    (
        'usage-cleanup', '20 * * * *', 20, 'Deletes closed reservations, old request ids and counters of the past.',
        'select private.cleanup_usage()'
    ),
    (
        -- More often than hourly, so that little is left for readers to add up.
        'usage-hourly', '*/5 * * * *', 30, 'Rolls up new usage into hours.',
        'select public.aggregate_usage_summary(''hour'')'
    ),
    (
        -- And more often than daily, for the same reason.
        'usage-daily', '2 * * * *', 31, 'Rolls up the hours'' new usage into days, weeks and months.',
        'select public.aggregate_usage_summary(''day'')'
    ),
    (
        'usage-weekly', '3 0 * * 1', 32, 'Rolls up what is left of the week that is over.',
        'select public.aggregate_usage_summary(''week'')'
    ),
    (
        'usage-monthly', '4 0 1 * *', 33, 'Rolls up what is left of the month that is over.',
        'select public.aggregate_usage_summary(''month'')'
    ),
    (
        'usage-reservations', '* * * * *', 40, 'Gives back what reservations hold that were not settled in time.',
        'select private.expire_usage_reservations()'
    ),
    (
        'usage-unsettled', '* * * * *', 41, 'Charges what was last reported of calls that nobody settled, for their process has died.',
        'select private.settle_reported_usage()'
    ),
    (
        'usage-partitions', '10 2 * * *', 50, 'Makes the ledger''s partitions for the months ahead, and for what came to the default one.',
        'select private.ensure_usage_partitions()'
    ),
    (
        'usage-retention', '40 2 * * *', 60, 'Drops the months of the ledger that nobody keeps any longer.',
        'select private.apply_usage_retention()'
    );

create trigger maintenance_jobs_reschedule
    after insert or delete or update of name, schedule, is_enabled on public.maintenance_jobs
    for each statement execute function private.reschedule_maintenance();

select private.schedule_maintenance();
