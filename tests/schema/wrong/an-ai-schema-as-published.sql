-- The shape in which such schemas are published: the mistakes that keep theirs from working, all in one file.
create table public.organization_members (
    organization_id uuid not null references public.organizations (id) on delete cascade,
    user_id uuid not null references auth.users (id) on delete cascade, -- wrong: foreign-key-index
    role text not null default 'member',
    primary key (organization_id, user_id)
);
alter table public.organization_members enable row level security;

create policy "Members can view members" on public.organization_members -- wrong: recursive-policy
    for select using (
        organization_id in (
            select om.organization_id from public.organization_members om where om.user_id = auth.uid() -- wrong: per-row-auth
        )
    );

create table public.typing_indicators (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references auth.users (id) on delete cascade,
    started_at timestamptz not null default now()
);
alter table public.typing_indicators enable row level security;
create policy "Own" on public.typing_indicators to authenticated using (user_id = (select auth.uid()));
create index typing_user on public.typing_indicators (user_id);
create index typing_active on public.typing_indicators (started_at)
    where started_at > now() - interval '10 seconds'; -- wrong: load

create table public.user_connections ( -- wrong: no-policy
    user_id uuid primary key references auth.users (id) on delete cascade,
    access_token_encrypted text not null -- wrong: secret-selectable
);
alter table public.user_connections enable row level security;

create table public.api_usage ( -- wrong: no-rls
    id uuid primary key default gen_random_uuid(),
    user_id uuid references auth.users (id), -- wrong: blocks-account-deletion -- wrong: foreign-key-index
    model_name text not null,
    cost_usd numeric not null
);

create function public.aggregate_usage_summary() returns void -- wrong: function-search-path -- wrong: definer-executable
language plpgsql
security definer
as $$
begin
    delete from public.api_usage; -- wrong: unsafe-update
    perform sum(u.cost_usd), jsonb_object_agg(u.model_name, count(*)) -- wrong: function-body
    from public.api_usage u
    group by u.user_id;
end;
$$;
