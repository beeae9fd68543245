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
    foreign key (organization_id, quota_id) references public.usage_quotas (organization_id, id) on delete cascade,
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
