create table public.notes (id uuid primary key); -- wrong: no-policy
alter table public.notes enable row level security;
grant select, insert on public.notes to authenticated;
