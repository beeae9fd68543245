create table public.keys (
    id uuid primary key,
    user_id uuid not null,
    key_hash text not null -- wrong: secret-selectable
);
alter table public.keys enable row level security;
revoke all on public.keys from anon, authenticated;
grant select on public.keys to authenticated;
create policy keys_select on public.keys for select to authenticated using (user_id = (select auth.uid()));
