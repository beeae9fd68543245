-- Health: what an operator should know about the database, each finding with its evidence and the command that mends it.
--
-- The function stands alone: it looks at Groundwork's tables where they are there, so that `groundwork doctor` may also ask a
-- database which has none of them.

create function private.health_findings()
returns table (severity text, finding text, subject text, evidence text, remedy text)
language plpgsql
security definer
set search_path = ''
-- Somebody may hold a table, and that is then what an operator wants to know.
set lock_timeout = '1s'
as $$
declare
    page constant bigint := current_setting('block_size')::bigint;
begin
    -- Row level security ---------------------------------------------------------------------------------
    return query
    select 'error', 'table-without-rls', c.oid::regclass::text, 'row level security is off',
        format('alter table %s enable row level security;', c.oid::regclass)
    from pg_catalog.pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relrowsecurity
        and not exists (select from pg_catalog.pg_depend d where d.objid = c.oid and d.deptype = 'e');

    return query
    select 'warning', 'table-without-policy', c.oid::regclass::text,
        'signed-in users have grants, and no policy lets them see a row',
        format('revoke all on %s from anon, authenticated;', c.oid::regclass)
    from pg_catalog.pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relrowsecurity
        and has_any_column_privilege('authenticated', c.oid, 'select')
        and not exists (select from pg_catalog.pg_policy p where p.polrelid = c.oid);

    -- Indexes ----------------------------------------------------------------------------------------------
    return query
    select 'error', 'invalid-index', i.indexrelid::regclass::text,
        'building it failed: it costs writes and serves no query', format('reindex index concurrently %s;', i.indexrelid::regclass)
    from pg_catalog.pg_index i
    join pg_catalog.pg_class c on c.oid = i.indexrelid
    where not i.indisvalid and c.relkind = 'i'
        and not exists (select from pg_catalog.pg_stat_progress_create_index b where b.index_relid = i.indexrelid);

    return query
    select 'warning', 'missing-index', k.conrelid::regclass::text,
        format('foreign key %s has no index', k.conname),
        format(
            -- Postgres builds none concurrently on all partitions at once.
            'create index %son %s (%s);', case when c.relkind = 'p' then '' else 'concurrently ' end, k.conrelid::regclass,
            (
                select string_agg(quote_ident(a.attname), ', ' order by x.i)
                from unnest(k.conkey) with ordinality x (attnum, i)
                join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = x.attnum
            )
        )
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class c on c.oid = k.conrelid
    where k.contype = 'f' and k.conparentid = 0 and c.relnamespace = 'public'::regnamespace
        and not exists (
            select from pg_catalog.pg_index i
            where i.indrelid = k.conrelid
                and i.indisvalid
                -- Of a partial index only that will do which has all rows that refer to something: its condition, and what that
                -- joins by `and`, is `is not null` of the key's own columns. To print it would take a lock on the table.
                and (
                    i.indpred is null
                    or (
                        i.indpred::text !~ '\{(?!NULLTEST |BOOLEXPR |VAR )|:nulltesttype 0|:boolop (or|not)'
                        and not exists (
                            select from regexp_matches(i.indpred::text, ':varattno (\d+)', 'g') m (attnum)
                            where m.attnum[1]::int2 <> all (k.conkey)
                        )
                    )
                )
                and (
                    (i.indkey::int2 [])[0:cardinality(k.conkey) - 1] @> k.conkey
                    or (i.indkey[0] = any (k.conkey[2:]) and i.indisunique)
                )
        );

    return query
    select 'warning', 'duplicate-index', d.spare::regclass::text, format('the same as %s', d.kept::regclass),
        case
            when k.oid is not null then format('alter table %s drop constraint %I;', d.indrelid::regclass, k.conname)
            -- Postgres drops none concurrently of all partitions at once.
            when d.is_partitioned then format('drop index %s;', d.spare::regclass)
            else format('drop index concurrently %s;', d.spare::regclass)
        end
    from (
        select i.indrelid, bool_or(c.relkind = 'I') as is_partitioned,
            (array_agg(i.indexrelid order by o.of_constraint desc, i.indexrelid))[1] as kept,
            -- Where one of them is a constraint's, it is another that can go.
            (array_agg(i.indexrelid order by o.of_constraint, i.indexrelid desc))[1] as spare
        from pg_catalog.pg_index i
        join pg_catalog.pg_class c on c.oid = i.indexrelid
        cross join lateral (
            select exists (select from pg_catalog.pg_constraint k where k.conindid = i.indexrelid) as of_constraint
        ) o
        where c.relnamespace in ('public'::regnamespace, to_regnamespace('private')) and not c.relispartition
            and i.indisvalid and not i.indisexclusion
        group by
            i.indrelid, i.indkey::text, i.indclass::text, i.indcollation::text, i.indoption::text, c.relam,
            i.indisunique, i.indnullsnotdistinct, i.indimmediate,
            coalesce(i.indexprs::text, ''), coalesce(i.indpred::text, '')
        having count(*) > 1
    ) d
    left join pg_catalog.pg_constraint k on k.conindid = d.spare and k.contype in ('p', 'u', 'x');

    -- Sizes are those of the catalog, as of the last vacuum: to measure a table takes a lock on it.
    return query
    select 'info', 'unused-index', s.indexrelid::regclass::text,
        format(
            'never used since %s, %s', coalesce(to_char(d.stats_reset, 'YYYY-MM-DD'), 'the database was made'),
            pg_size_pretty(c.relpages * page)
        ),
        format('drop index concurrently %s;', s.indexrelid::regclass)
    from pg_catalog.pg_stat_user_indexes s
    join pg_catalog.pg_index i on i.indexrelid = s.indexrelid
    join pg_catalog.pg_class c on c.oid = s.indexrelid
    join pg_catalog.pg_stat_database d on d.datname = current_database()
    where s.schemaname = 'public' and s.idx_scan = 0 and not i.indisunique and c.relpages * page > 8 * 1024 * 1024
        -- That of a partition goes with that of its table alone.
        and not c.relispartition
        and coalesce(d.stats_reset, pg_postmaster_start_time()) < now() - interval '7 days';

    -- Tables -----------------------------------------------------------------------------------------------
    return query
    select 'warning', 'dead-rows', s.relid::regclass::text,
        format('%s dead beside %s live rows', s.n_dead_tup, s.n_live_tup), format('vacuum (analyze) %s;', s.relid::regclass)
    from pg_catalog.pg_stat_user_tables s
    where s.n_dead_tup > 10000 and s.n_dead_tup > 0.2 * s.n_live_tup;

    return query
    select 'warning', 'never-analyzed', s.relid::regclass::text,
        format('%s rows, of which the planner knows nothing', s.n_live_tup), format('analyze %s;', s.relid::regclass)
    from pg_catalog.pg_stat_user_tables s
    where s.n_live_tup > 10000 and s.last_analyze is null and s.last_autoanalyze is null;

    return query
    select 'info', 'largest-table', t.oid::regclass::text,
        format('%s, of which indexes %s', pg_size_pretty((t.pages + x.pages) * page), pg_size_pretty(x.pages * page)),
        format('select * from pg_stat_user_tables where relid = %L::regclass;', t.oid::regclass)
    from (
        select c.oid, c.relpages + coalesce(o.relpages, 0) as pages
        from pg_catalog.pg_class c
        left join pg_catalog.pg_class o on o.oid = c.reltoastrelid
        where c.relkind = 'r' and c.relnamespace in ('public'::regnamespace, to_regnamespace('private'))
    ) t
    cross join lateral (
        select coalesce(sum(c.relpages), 0)::bigint as pages
        from pg_catalog.pg_index i
        join pg_catalog.pg_class c on c.oid = i.indexrelid
        where i.indrelid = t.oid
    ) x
    where (t.pages + x.pages) * page > 1024 * 1024
    order by t.pages + x.pages desc
    limit 5;

    return query
    select 'error', 'transaction-ids-run-out', d.datname::text, format('the oldest is %s transactions old', age(d.datfrozenxid)),
        'vacuum (freeze);'
    from pg_catalog.pg_database d
    where d.datname = current_database() and age(d.datfrozenxid) > 1000000000;

    -- Connections and statements -------------------------------------------------------------------------------
    return query
    select 'warning', 'connections', current_database()::text,
        format('%s of %s connections are taken', count(*), current_setting('max_connections')),
        'select usename, application_name, state, count(*) from pg_stat_activity group by 1, 2, 3 order by 4 desc;'
    from pg_catalog.pg_stat_activity a
    where a.backend_type = 'client backend'
    having count(*) > 0.8 * current_setting('max_connections')::int;

    return query
    select 'warning', 'idle-in-transaction', a.pid::text,
        format('%s (%s) has held a transaction open since %s', a.usename, a.application_name, date_trunc('second', a.xact_start)),
        format('select pg_terminate_backend(%s);', a.pid)
    from pg_catalog.pg_stat_activity a
    where a.datname = current_database() and a.state like 'idle in transaction%' and a.state_change < now() - interval '5 minutes';

    -- Of the statement only its kind: its text has values in it, which may be secrets.
    return query
    select 'warning', 'waiting-for-a-lock', a.pid::text,
        format(
            '%s of %s (%s) waits since %s for %s', coalesce(lower(substring(a.query from '^\s*(\w+)')), 'statement'), a.usename,
            a.application_name, date_trunc('second', a.query_start), pg_blocking_pids(a.pid)
        ),
        format('select pg_terminate_backend(pid) from unnest(pg_blocking_pids(%s)) pid;', a.pid)
    from pg_catalog.pg_stat_activity a
    where a.datname = current_database() and a.wait_event_type = 'Lock' and a.query_start < now() - interval '30 seconds';

    return query
    select 'warning', 'cache-hit-rate', d.datname::text,
        format('%s per cent of %s pages were in memory', round(100.0 * d.blks_hit / (d.blks_hit + d.blks_read), 1), d.blks_hit + d.blks_read),
        'Give the server more memory, then: alter system set shared_buffers = ''…'';'
    from pg_catalog.pg_stat_database d
    where d.datname = current_database() and d.blks_read > 100000 and d.blks_hit < 0.95 * (d.blks_hit + d.blks_read);

    return query
    select 'warning', 'replication-slot', s.slot_name::text,
        format('nobody reads it, and it keeps %s of the log', pg_size_pretty(pg_wal_lsn_diff(w.lsn, s.restart_lsn))),
        format('select pg_drop_replication_slot(%L);', s.slot_name)
    from pg_catalog.pg_replication_slots s
    cross join (select case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end) w (lsn)
    where not s.active and pg_wal_lsn_diff(w.lsn, s.restart_lsn) > 1024 * 1024 * 1024;

    -- The setting is known where the library is loaded; the extension alone is not enough.
    if to_regclass('extensions.pg_stat_statements') is not null and current_setting('pg_stat_statements.max', true) is not null then
        return query execute $statements$
            select 'info', 'slow-statement', s.queryid::text,
                format('%s ms on average, %s calls: %s', round(s.mean_exec_time), s.calls, left(regexp_replace(s.query, '\s+', ' ', 'g'), 120)),
                format('select query from extensions.pg_stat_statements where queryid = %s;', s.queryid)
            from extensions.pg_stat_statements s
            where s.dbid = (select oid from pg_catalog.pg_database where datname = current_database())
                and s.calls >= 10 and s.mean_exec_time > 500
                -- These it keeps without their constants; others, such as `alter role … password`, as they were written.
                and s.query ~* '^\s*(select|insert|update|delete|merge|with)\M'
            order by s.total_exec_time desc
            limit 5
        $statements$;
    end if;

    -- What Groundwork keeps ------------------------------------------------------------------------------------
    begin
        if to_regclass('private.api_usage_default') is not null then
            return query execute $partitions$
                select 'warning', 'partition-late', 'public.api_usage',
                    format('there is no partition for %s', to_char(m.month, 'YYYY-MM')), 'select private.ensure_usage_partitions();'
                from generate_series(
                    date_trunc('month', now() at time zone 'UTC'), date_trunc('month', now() at time zone 'UTC') + interval '1 month', '1 month'
                ) m (month)
                where not exists (
                    select from pg_catalog.pg_inherits i
                    join pg_catalog.pg_class c on c.oid = i.inhrelid
                    where i.inhparent = 'public.api_usage'::regclass
                        and pg_get_expr(c.relpartbound, c.oid) like format('%%FROM (''%s%%', to_char(m.month, 'YYYY-MM-DD'))
                )
                union all
                select 'warning', 'partition-late', 'private.api_usage_default', 'rows came for months that have no partition',
                    'select private.ensure_usage_partitions();'
                where exists (select from private.api_usage_default)
            $partitions$;
        end if;

        if to_regclass('private.usage_pending') is not null then
            return query execute $rollup$
                select 'warning', 'rollup-late', 'public.token_usage_summary',
                    format('%s sums wait, the oldest since %s', count(*), min(p.bucket)),
                    'select public.aggregate_usage_summary(''hour'');'
                from private.usage_pending p
                having min(p.bucket) < now() - interval '2 hours'
            $rollup$;
        end if;

        if to_regclass('private.usage_reservations') is not null then
            return query execute $unsettled$
                select 'warning', 'usage-unsettled', 'private.usage_reservations',
                    format(
                        '%s calls of the last week have reserved up to %s tokens and %s US dollars, and were never settled: whoever made them died, '
                        'and nobody knows what they used', count(*), sum(r.tokens), trim_scale(sum(r.cost_usd))
                    ),
                    'Compare with the provider''s bill: select * from private.usage_reservations where state = ''expired'' and output_reported is null order by created_at;'
                from private.usage_reservations r
                where r.state = 'expired' and r.output_reported is null
                having count(*) > 0
                union all
                select 'warning', 'usage-uncharged', 'private.usage_reservations',
                    format(
                        '%s calls of the last week have reported %s tokens, and the ledger refused them', count(*),
                        sum(r.input_reported + r.output_reported)
                    ),
                    'The log of Postgres says why; then: select public.settle_usage(id, input_reported, output_reported, p_model_name => model_reported, p_is_estimate => true) from private.usage_reservations where state = ''expired'' and output_reported is not null;'
                from private.usage_reservations r
                where r.state = 'expired' and r.output_reported is not null
                having count(*) > 0
            $unsettled$;
        end if;

        if to_regclass('public.document_chunks') is not null then
            return query execute $embeddings$
                select 'warning', 'embedding-missing', 'public.document_chunks',
                    format('%s passages of %s documents are not found by meaning', count(*), count(distinct c.document_id)),
                    'Send these documents through the function ingest again: select distinct document_id from public.document_chunks where embedding is null;'
                from public.document_chunks c
                where c.embedding is null and c.created_at < now() - interval '10 minutes'
                having count(*) > 0
                union all
                select 'warning', 'embedding-model', format('public.document_chunks of collection %s', l.name),
                    format('%s passages are by %s, the collection''s model is %s', count(*), c.embedding_model, l.embedding_model),
                    format('select public.start_reembedding(%L, %L); -- or the model that the functions use now', l.id, l.embedding_model)
                from public.document_chunks c
                join public.documents d on d.organization_id = c.organization_id and d.id = c.document_id and d.deleted_at is null
                join public.document_collections l on l.organization_id = d.organization_id and l.id = d.collection_id
                where c.embedding_model <> l.embedding_model
                group by l.id, l.name, l.embedding_model, c.embedding_model
                union all
                select 'warning', 'embedding-model', format('public.document_chunks of organization %s, in no collection', m.organization_id),
                    format('passages are by %s', string_agg(format('%s (%s)', m.embedding_model, m.amount), ', ' order by m.amount desc)),
                    'Send those that are not by the model of the functions through the function ingest again.'
                from (
                    select d.organization_id, c.embedding_model, count(*) as amount
                    from public.documents d
                    join public.document_chunks c on c.organization_id = d.organization_id and c.document_id = d.id
                    where d.collection_id is null and d.deleted_at is null and c.embedding is not null
                    group by d.organization_id, c.embedding_model
                ) m
                group by m.organization_id
                having count(*) > 1
            $embeddings$;
        end if;

        if to_regclass('private.reembeddings') is not null then
            return query execute $reembeddings$
                select 'warning', 'reembedding-waits', format('public.document_collections %s', r.collection_id),
                    case
                        when r.error_code is not null then
                            format('changing it to %s has failed %s times, the last with %s', r.embedding_model, r.attempts, r.error_code)
                        else format('since %s no worker makes vectors of %s', date_trunc('second', r.run_after), r.embedding_model)
                    end,
                    case
                        when r.error_code is not null then format('select public.get_reembedding(%L);', r.collection_id)
                        else format('Run a worker whose EMBEDDINGS_MODEL is %s, or: select public.cancel_reembedding(%L);', r.embedding_model, r.collection_id)
                    end
                from private.reembeddings r
                join public.organizations o on o.id = r.organization_id and o.deleted_at is null
                where r.error_code is not null or r.run_after < now() - interval '1 hour'
            $reembeddings$;
        end if;

        if to_regclass('public.document_processing_status') is not null then
            return query execute $processing$
                select 'warning', 'processing-stuck', 'public.document_processing_status',
                    format('%s documents have been in the works since %s', count(*), date_trunc('second', min(s.updated_at))),
                    'select * from public.document_processing_status where status in (''pending'', ''processing'') order by updated_at;'
                from public.document_processing_status s
                where s.status in ('pending', 'processing') and s.updated_at < now() - interval '1 hour'
                having count(*) > 0
            $processing$;
        end if;

        if to_regclass('public.maintenance_jobs') is not null then
            return query execute $jobs$
                -- Whoever runs a job writes when it is due next, pg_cron too.
                select 'warning', 'job-late', j.name::text,
                    format(
                        'it was due at %s%s', date_trunc('second', j.next_run_at),
                        case when to_regclass('cron.job') is not null then ', and pg_cron did not run it' else '' end
                    ),
                    format('select public.run_maintenance(%L);', j.name)
                from public.maintenance_jobs j
                where j.is_enabled and j.next_run_at < now() - interval '1 hour'
                union all
                select 'warning', 'job-failed', r.job::text, format('%s: %s', date_trunc('second', r.started_at), r.error),
                    format('select public.run_maintenance(%L);', r.job)
                from (select distinct on (m.job) m.* from public.maintenance_runs m order by m.job, m.started_at desc) r
                where r.error is not null
            $jobs$;
        end if;
    exception when lock_not_available then
        return query
        select 'error', 'locked', current_database()::text, 'a table is locked: what is in it could not be looked at',
            'select l.relation::regclass, a.pid, a.usename, a.application_name, a.xact_start from pg_locks l '
            'join pg_stat_activity a on a.pid = l.pid where l.granted and l.mode = ''AccessExclusiveLock'' and l.relation is not null;';
    end;
end;
$$;
comment on function private.health_findings() is
    'What an operator should know: severity (error, warning, info), what was found and where, the evidence, and the command that mends it. '
    'Empty where all is well. `groundwork doctor` prints it.';
revoke all on function private.health_findings() from public, anon, authenticated, service_role;
grant execute on function private.health_findings() to service_role;

-- The same as numbers, for Prometheus. Labels are kinds of findings, never what they are about.
create function private.health_metrics()
returns table (metric text, severity text, finding text, value double precision)
language sql
security definer
set search_path = ''
set lock_timeout = '1s'
as $$
    select 'findings', f.severity, f.finding, count(*)::double precision
    from private.health_findings() f
    group by f.severity, f.finding
    union all
    select m.metric, null, null, m.value
    from pg_catalog.pg_stat_database d
    cross join (
        select count(*)::double precision as sums, coalesce(extract(epoch from now() - min(p.bucket)), 0)::double precision as age
        from private.usage_pending p
    ) pending
    cross join (
        select coalesce(extract(epoch from now() - min(j.next_run_at)), 0)::double precision as age
        from public.maintenance_jobs j
        where j.is_enabled
    ) jobs
    cross join lateral (
        values
            ('database_bytes', pg_catalog.pg_database_size(d.datname)::double precision),
            ('connections', d.numbackends::double precision),
            ('connections_max', current_setting('max_connections')::double precision),
            ('usage_pending', pending.sums),
            ('usage_pending_seconds', pending.age),
            ('jobs_late_seconds', greatest(jobs.age, 0))
    ) m (metric, value)
    where d.datname = current_database();
$$;
comment on function private.health_metrics() is 'What public.health_metrics returns, as the database''s owner.';
revoke all on function private.health_metrics() from public, anon, authenticated, service_role;
grant execute on function private.health_metrics() to service_role;

create function public.health_metrics()
returns table (metric text, severity text, finding text, value double precision)
language sql
set search_path = ''
as $$
    select m.metric, m.severity, m.finding, m.value from private.health_metrics() m;
$$;
comment on function public.health_metrics() is
    'The state of the database as numbers, without a tenant''s name in it: how many findings of each severity and kind (only what was '
    'found), bytes, connections, sums of usage that wait and the age of the oldest in seconds, and by how many seconds the latest '
    'maintenance job is late (0 where none is). For the service role; the function metrics serves it to Prometheus.';
revoke all on function public.health_metrics() from public, anon, authenticated, service_role;
grant execute on function public.health_metrics() to service_role;
