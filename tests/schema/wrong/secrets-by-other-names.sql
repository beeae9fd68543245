create table public.connections (
    id uuid primary key,
    user_id uuid not null,
    token text not null, -- wrong: secret-selectable
    auth_token varchar(80), -- wrong: secret-selectable
    signing_key bytea, -- wrong: secret-selectable
    api_keys text[] not null default '{}', -- wrong: secret-selectable
    tokens integer not null default 0,
    token_count integer not null default 0,
    token_expires_at timestamptz,
    signing_key_id text,
    api_key_ids uuid[],
    keywords text[]
);
alter table public.connections enable row level security;
revoke all on public.connections from anon, authenticated;
grant select on public.connections to authenticated;
create policy connections_select on public.connections
    for select to authenticated using (user_id = (select auth.uid()));
