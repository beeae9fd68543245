create table public.notes (id uuid primary key, user_id uuid); -- wrong: no-rls
create policy notes_select on public.notes
    for select to authenticated using (user_id = (select auth.uid()));
