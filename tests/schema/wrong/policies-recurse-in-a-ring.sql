create table public.rooms (id uuid primary key);
create table public.guests (room_id uuid references public.rooms (id), user_id uuid, primary key (room_id, user_id));
alter table public.rooms enable row level security;
alter table public.guests enable row level security;
create policy rooms_select on public.rooms for select to authenticated -- wrong: recursive-policy
    using (exists (select from public.guests g where g.room_id = id and g.user_id = (select auth.uid())));
create policy guests_select on public.guests for select to authenticated -- wrong: recursive-policy
    using (exists (select from public.rooms r where r.id = room_id));
