-- What the wrong files build on; nothing is wrong with it.
create schema private;
grant usage on schema private to authenticated;

create table public.organizations (
    id uuid primary key default gen_random_uuid(),
    name text not null
);
alter table public.organizations enable row level security;
revoke all on public.organizations from anon, authenticated;
grant select on public.organizations to authenticated;
create policy organizations_select on public.organizations for select to authenticated using (true);

create table public.members (
    organization_id uuid not null references public.organizations (id) on delete cascade,
    user_id uuid not null references auth.users (id) on delete cascade,
    role text not null default 'member',
    primary key (organization_id, user_id)
);
create index members_user on public.members (user_id);
alter table public.members enable row level security;
revoke all on public.members from anon, authenticated;

create table public.messages (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references auth.users (id) on delete cascade,
    content text not null,
    tokens integer not null default 0,
    created_at timestamptz not null default now()
);
create index messages_user on public.messages (user_id);
alter table public.messages enable row level security;
revoke all on public.messages from anon, authenticated;
grant select on public.messages to authenticated;
create policy messages_select on public.messages
    for select to authenticated using (user_id = (select auth.uid()));
