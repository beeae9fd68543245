-- Usage: what calls to models cost. Prices, the ledger, and its partitions by month.
--
-- The ledger is written once and never changed: a mistake is corrected by a row that refers to it. Two kinds of rows stand in
-- it. What the service role records (record_api_usage, settle_usage) is the truth that budgets are held against; what clients
-- insert themselves is marked as reported by them, shows in dashboards, and counts against nothing.

create domain public.usd as numeric
    constraint usd_is_exact check (value > -1000000000000 and value < 1000000000000 and scale(value) <= 12);
comment on domain public.usd is
    'US dollars, to a millionth of a millionth: a price has six decimals and is for a million tokens, so a product is never rounded.';

create domain public.token_count as bigint
    constraint token_count_is_plausible check (value between -10000000000 and 10000000000);
comment on domain public.token_count is
    'A number of tokens; below 0 in corrections alone. At most ten thousand million: nobody can report so much that sums run over, which '
    'would stop the rollups of all.';

create domain public.request_id as text
    constraint request_id_is_identifier check (char_length(value) between 1 and 200 and value ~ '^[[:graph:]]+$');
comment on domain public.request_id is 'What names a request for good, so that a retry counts once: 1 to 200 visible characters.';

-- Prices --------------------------------------------------------------------------------------------

create table public.model_pricing (
    id uuid primary key default gen_random_uuid(),
    model_name public.model_name not null,
    input_per_million numeric(18, 6) not null constraint input_price_is_not_negative check (input_per_million >= 0),
    cached_input_per_million numeric(18, 6)
        constraint cached_input_price_is_not_negative check (cached_input_per_million >= 0),
    output_per_million numeric(18, 6) not null constraint output_price_is_not_negative check (output_per_million >= 0),
    valid_from timestamptz not null default now() constraint valid_from_is_finite check (isfinite(valid_from)),
    superseded_at timestamptz,
    created_at timestamptz not null default now()
);
comment on table public.model_pricing is
    'What models cost, in US dollars for a million tokens. A price holds from valid_from until the next of its model. It is never '
    'changed: set_model_price puts another in its place, and reprice_usage corrects what was recorded at the wrong one.';
comment on column public.model_pricing.cached_input_per_million is
    'For input that the provider read from its cache; null where that costs what other input does.';
comment on column public.model_pricing.superseded_at is 'When it was found to be wrong and replaced; it then prices nothing any more.';

create unique index model_pricing_one_at_a_time
    on public.model_pricing (model_name, valid_from) where superseded_at is null;

alter table public.model_pricing enable row level security;
revoke all on public.model_pricing from public, anon, authenticated, service_role;
grant select on public.model_pricing to authenticated, service_role;
grant insert (model_name, input_per_million, cached_input_per_million, output_per_million, valid_from)
    on public.model_pricing to service_role;

create policy model_pricing_select on public.model_pricing
    for select to authenticated
    using (true);

create trigger model_pricing_keep_price
    before update on public.model_pricing
    for each row when (
        (old.id, old.model_name, old.input_per_million, old.cached_input_per_million, old.output_per_million, old.valid_from)
        is distinct from
        (new.id, new.model_name, new.input_per_million, new.cached_input_per_million, new.output_per_million, new.valid_from)
    )
    execute function private.refuse_change('prices');

create function private.set_model_price(
    model_name text, input_per_million numeric, output_per_million numeric, cached_input_per_million numeric,
    valid_from timestamptz
) returns uuid
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    made uuid;
begin
    -- One change of a model's prices at a time: the second one supersedes the first, whichever it is.
    perform pg_advisory_xact_lock(hashtextextended('groundwork.model_pricing:' || model_name, 0));
    update public.model_pricing p set superseded_at = clock_timestamp()
    where p.model_name = model_name and p.valid_from = valid_from and p.superseded_at is null;
    insert into public.model_pricing (
        model_name, input_per_million, cached_input_per_million, output_per_million, valid_from
    )
    values (model_name, input_per_million, cached_input_per_million, output_per_million, valid_from)
    returning id into made;
    return made;
end;
$$;
comment on function private.set_model_price(text, numeric, numeric, numeric, timestamptz) is
    'What public.set_model_price does, with the rights to supersede a price.';
revoke all on function private.set_model_price(text, numeric, numeric, numeric, timestamptz)
    from public, anon, authenticated, service_role;
grant execute on function private.set_model_price(text, numeric, numeric, numeric, timestamptz) to service_role;

create function public.set_model_price(
    p_model_name text,
    p_input_per_million numeric,
    p_output_per_million numeric,
    p_cached_input_per_million numeric default null,
    p_valid_from timestamptz default now()
) returns uuid
language sql
set search_path = ''
as $$
    select private.set_model_price(
        p_model_name, p_input_per_million, p_output_per_million, p_cached_input_per_million, p_valid_from
    );
$$;
comment on function public.set_model_price(text, numeric, numeric, numeric, timestamptz) is
    'For the service role: says what a model costs from p_valid_from on, in US dollars for a million tokens. A price that was given for '
    'the same moment is superseded. Returns the id of the price. What is in the ledger stays as it is; see reprice_usage.';
revoke all on function public.set_model_price(text, numeric, numeric, numeric, timestamptz)
    from public, anon, authenticated, service_role;
grant execute on function public.set_model_price(text, numeric, numeric, numeric, timestamptz) to service_role;

-- The ledger ------------------------------------------------------------------------------------------

create table public.api_usage (
    -- No cascade: an organization with usage can be deleted softly alone.
    organization_id uuid not null default private.inherited_organization() references public.organizations (id),
    id uuid not null default gen_random_uuid(),
    user_id uuid default auth.uid() references public.user_profiles (user_id) on delete set null,
    api_key_id uuid,
    endpoint public.label not null,
    model_name public.model_name not null,
    tokens_input public.token_count not null default 0,
    tokens_cached public.token_count not null default 0,
    tokens_output public.token_count not null default 0,
    tokens_used bigint not null generated always as (tokens_input + tokens_output) stored,
    cost_usd public.usd,
    request_id public.request_id,
    reported_by_client boolean not null default true,
    -- Without a foreign key: prices are never deleted, and the check would cost every call.
    pricing_id uuid,
    adjusts_id uuid,
    adjusts_unpriced boolean not null default false,
    adjustment_reason public.label,
    created_at timestamptz not null default now(),
    recorded_at timestamptz not null default now(),
    -- A unique key of a partitioned table contains the partition key.
    primary key (organization_id, id, created_at),
    foreign key (organization_id, api_key_id) references public.organization_api_keys (organization_id, id),
    -- The length of this is paid for with every insert, which reads it anew.
    constraint calls_are_positive_and_corrections_say_why check (
        case
            when adjusts_id is null then least(tokens_input - tokens_cached, tokens_cached, tokens_output, cost_usd) >= 0
            else adjustment_reason is not null
        end
    )
)
partition by range (created_at);
comment on table public.api_usage is
    'The ledger: one row a call, never changed. Clients insert their own calls, the service role records through record_api_usage, '
    'reserve_usage and settle_usage. A row with adjusts_id corrects another one, by differences that may be negative.';
comment on column public.api_usage.tokens_input is 'All input tokens, those read from the provider''s cache included.';
comment on column public.api_usage.tokens_cached is 'The part of tokens_input that the provider read from its cache.';
comment on column public.api_usage.cost_usd is
    'What the call cost; by the price of the model, unless whoever wrote the row said it. Null, and never 0, where no price is known.';
comment on column public.api_usage.request_id is
    'A second row with the same request id, of the same organization and the same reporter, is not inserted.';
comment on column public.api_usage.reported_by_client is
    'True for what was inserted into this table, false for what was recorded by the functions of the service role. Budgets count '
    'the latter alone.';
comment on column public.api_usage.pricing_id is 'The price that the cost was computed with; null where somebody else said the cost.';
comment on column public.api_usage.adjusts_id is 'The call that the row corrects; null for a call.';
comment on column public.api_usage.adjusts_unpriced is 'True for the correction that gives a cost to a call that had none.';
comment on column public.api_usage.created_at is 'When the call was made. It decides the price, the month, the budget and the bucket.';
comment on column public.api_usage.recorded_at is 'When the row was written.';

create index idx_api_usage_org_created on public.api_usage (organization_id, created_at desc) where organization_id is not null;
create index api_usage_user_created on public.api_usage (user_id, created_at desc);
create index api_usage_api_key on public.api_usage (organization_id, api_key_id) where api_key_id is not null;
create index api_usage_adjusts on public.api_usage (organization_id, adjusts_id) where adjusts_id is not null;

alter table public.api_usage enable row level security;
revoke all on public.api_usage from public, anon, authenticated, service_role;
grant select on public.api_usage to authenticated, service_role;
grant insert (
    organization_id, user_id, endpoint, model_name, tokens_input, tokens_cached, tokens_output, cost_usd, request_id
) on public.api_usage to authenticated, service_role;

create policy api_usage_select on public.api_usage
    for select to authenticated
    using (
        organization_id = any (array(select private.organization_ids('viewer')))
        and (
            user_id = (select auth.uid())
            or organization_id = any (array(select private.organization_ids('admin')))
        )
    );
create policy api_usage_insert on public.api_usage
    for insert to authenticated
    with check (
        user_id = (select auth.uid())
        and organization_id = any (array(select private.organization_ids('member')))
    );

create function private.usage_cost(
    price public.model_pricing, tokens_input bigint, tokens_cached bigint, tokens_output bigint
) returns numeric
language plpgsql immutable parallel safe
set search_path = ''
as $$
begin
    -- Multiplied and not divided: a quotient would be rounded.
    return trim_scale((
        price.input_per_million * (tokens_input - tokens_cached)
        + coalesce(price.cached_input_per_million, price.input_per_million) * tokens_cached
        + price.output_per_million * tokens_output
    ) * 0.000001);
end;
$$;
comment on function private.usage_cost(public.model_pricing, bigint, bigint, bigint) is
    'What so many tokens cost at the price, in US dollars, exactly; null where the price is.';
revoke all on function private.usage_cost(public.model_pricing, bigint, bigint, bigint) from public, anon, authenticated, service_role;

create function private.price_at(model_name text, at timestamptz) returns public.model_pricing
language sql stable
security definer
set search_path = ''
as $$
    select p.* from public.model_pricing p
    where p.model_name = price_at.model_name and p.valid_from <= price_at.at and p.superseded_at is null
    order by p.valid_from desc
    limit 1;
$$;
comment on function private.price_at(text, timestamptz) is
    'The price of the model that was in force then, null where none was. Where each microsecond counts, or many calls are priced, it is joined instead.';
revoke all on function private.price_at(text, timestamptz) from public, anon, authenticated, service_role;

-- A request counts once ---------------------------------------------------------------------------------

create table private.usage_requests (
    organization_id uuid not null,
    request_id text not null,
    -- Whoever may report for themselves must not be able to take the ids of others, or of the service role (null).
    reporter uuid,
    usage_id uuid not null,
    usage_created_at timestamptz not null,
    claimed_at timestamptz not null default now(),
    constraint usage_requests_once unique nulls not distinct (organization_id, request_id, reporter)
);
comment on table private.usage_requests is
    'The requests that are in the ledger, by the ids their callers gave them: what makes a retry count once. Kept for 400 days.';

create index usage_requests_claimed_at on private.usage_requests using brin (claimed_at);

alter table private.usage_requests enable row level security;
revoke all on private.usage_requests from public, anon, authenticated, service_role;

create function private.prepare_reported_usage() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
    price public.model_pricing;
begin
    new.organization_id := coalesce(
        new.organization_id, private.personal_organization_id(coalesce(new.user_id, auth.uid()))
    );
    -- Whoever may not report this call must not learn whether it was reported before; the policy then says no.
    if new.request_id is not null
        and (
            private.bypasses_row_security()
            or (
                new.user_id = auth.uid()
                and exists (select from private.organization_ids('member') allowed where allowed = new.organization_id)
            )
        )
    then
        insert into private.usage_requests (organization_id, request_id, reporter, usage_id, usage_created_at)
        values (
            new.organization_id, new.request_id,
            -- Without a person it was the service role that inserted it; it must not collide with what it records.
            coalesce(new.user_id, '00000000-0000-0000-0000-000000000000'), new.id, new.created_at
        )
        on conflict do nothing;
        if not found then
            return null;
        end if;
    end if;
    if new.cost_usd is null then
        price := private.price_at(new.model_name, new.created_at);
        new.pricing_id := price.id;
        new.cost_usd := private.usage_cost(price, new.tokens_input, new.tokens_cached, new.tokens_output);
    end if;
    return new;
end;
$$;
comment on function private.prepare_reported_usage() is
    'Before insert on api_usage, for what a client reports: without an organization it goes to the person''s own one, a request that is in '
    'the ledger already is skipped, and a call without a cost gets its price.';
revoke all on function private.prepare_reported_usage() from public, anon, authenticated, service_role;

create trigger api_usage_prepare
    before insert on public.api_usage
    for each row when (new.reported_by_client and new.adjusts_id is null)
    execute function private.prepare_reported_usage();

-- Nobody changes it ---------------------------------------------------------------------------------------

create function private.keep_ledger() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    -- Nobody but the database's owner has the right at all; this is for the owner's own slips.
    if current_setting('groundwork.ledger_maintenance', true) = 'on' then
        return coalesce(new, old);
    end if;
    -- Deleting an account nulls what refers to it; by then its row is gone.
    if tg_op = 'UPDATE'
        and new.user_id is null
        -- Generated columns are not computed yet.
        and to_jsonb(new) - array['user_id', 'tokens_used'] = to_jsonb(old) - array['user_id', 'tokens_used']
        and not exists (select from public.user_profiles p where p.user_id = old.user_id)
    then
        return new;
    end if;
    raise sqlstate 'PT400' using
        message = 'The ledger of usage is never changed',
        hint = 'Correct a cost with adjust_usage or reprice_usage; months are dropped by private.apply_usage_retention.';
end;
$$;
comment on function private.keep_ledger() is
    'Before update or delete on api_usage: raises PT400, but for the deletion of an account and the maintenance of partitions.';
revoke all on function private.keep_ledger() from public, anon, authenticated, service_role;

create trigger api_usage_keep
    before update or delete on public.api_usage
    for each row execute function private.keep_ledger();

-- Partitions ----------------------------------------------------------------------------------------------
-- They live in private, with row level security and no grants: a partition that is queried by its own name does not apply
-- the policies of its parent.

create table private.api_usage_default partition of public.api_usage default;
alter table private.api_usage_default enable row level security;
revoke all on private.api_usage_default from public, anon, authenticated, service_role;
comment on table private.api_usage_default is 'Takes the usage of months that have no partition, until ensure_usage_partitions makes it.';

create function private.usage_partition_name(month date) returns text
language sql immutable
set search_path = ''
as $$
    select format('api_usage_%s_%s', to_char(extract(year from month), 'FM0000'), to_char(extract(month from month), 'FM00'));
$$;
comment on function private.usage_partition_name(date) is 'The name in schema private of the ledger''s partition for the month (UTC).';
revoke all on function private.usage_partition_name(date) from public, anon, authenticated, service_role;

create function private.make_usage_partition(month date) returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
    first_day constant date := date_trunc('month', month)::date;
    name constant text := private.usage_partition_name(first_day);
    starts constant timestamptz := first_day::timestamp at time zone 'UTC';
    ends constant timestamptz := (first_day + interval '1 month') at time zone 'UTC';
    in_default boolean;
begin
    if to_regclass('private.' || name) is not null then
        return false;
    end if;
    -- Attaching, unlike `partition of`, lets the other months be written meanwhile. It locks the default partition, whose rows
    -- it reads; a writer that got there first is waited for, but not for long.
    execute format('create table private.%I (like public.api_usage including defaults including generated including constraints)', name);
    execute format('alter table private.%I enable row level security', name);
    execute format('revoke all on private.%I from public, anon, authenticated, service_role', name);
    lock table private.api_usage_default in access exclusive mode;
    in_default := exists (
        select from private.api_usage_default u where u.created_at >= starts and u.created_at < ends
    );
    if in_default then
        -- Every column but the generated ones, in the order of both tables.
        execute (
            select format(
                'insert into private.%1$I (%2$s) select %2$s from private.api_usage_default u where u.created_at >= %3$L and u.created_at < %4$L',
                name, string_agg(quote_ident(a.attname), ', ' order by a.attnum), starts, ends
            )
            from pg_catalog.pg_attribute a
            where a.attrelid = 'public.api_usage'::regclass
                and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
        );
        perform set_config('groundwork.ledger_maintenance', 'on', true);
        delete from private.api_usage_default u where u.created_at >= starts and u.created_at < ends;
        perform set_config('groundwork.ledger_maintenance', 'off', true);
    end if;
    execute format('alter table public.api_usage attach partition private.%I for values from (%L) to (%L)', name, starts, ends);
    return true;
end;
$$;
comment on function private.make_usage_partition(date) is
    'Makes the ledger''s partition for the month of the date (UTC) and moves into it what the default partition took of that month. '
    'Returns false where it is there already.';
revoke all on function private.make_usage_partition(date) from public, anon, authenticated, service_role;

create function private.ensure_usage_partitions(months_ahead int default 3) returns bigint
language plpgsql
security definer
set search_path = ''
as $$
declare
    made bigint := 0::bigint;
    month date;
begin
    -- One at a time: a second copy finds everything made.
    perform pg_advisory_xact_lock(hashtextextended('groundwork.usage_partitions', 0));
    for month in
        select m.day::date
        from generate_series(
            date_trunc('month', now() at time zone 'UTC'),
            date_trunc('month', now() at time zone 'UTC') + make_interval(months => months_ahead),
            interval '1 month'
        ) m (day)
        union
        select distinct date_trunc('month', u.created_at at time zone 'UTC')::date from private.api_usage_default u
        order by 1
    loop
        if private.make_usage_partition(month) then
            made := made + 1;
        end if;
    end loop;
    return made;
end;
$$;
comment on function private.ensure_usage_partitions(int) is
    'Makes the ledger''s partitions for this month and the months ahead, and for every month that the default partition holds rows of. '
    'Returns how many it made.';
revoke all on function private.ensure_usage_partitions(int) from public, anon, authenticated, service_role;

select private.ensure_usage_partitions();
