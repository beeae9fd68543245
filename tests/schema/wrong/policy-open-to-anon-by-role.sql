create policy by_role on public.organizations -- wrong: open-to-anon
    for update to anon using (
        auth.role() = 'anon' -- wrong: per-row-auth
    );
create policy by_claim on public.organizations -- wrong: open-to-anon
    for update to anon using (((select auth.jwt()) ->> 'role') in ('anon', 'authenticated') and name <> '');
create policy by_nobody on public.organizations -- wrong: open-to-anon
    for update using ((select auth.uid()) is null);
create policy besides on public.organizations -- wrong: open-to-anon
    for delete using (name = 'public' or exists (
        select from public.members m where m.organization_id = id and m.user_id = (select auth.uid())
    ));

-- And these let nobody in who has not signed in.
create function private.my_organizations() returns setof uuid
language sql stable
set search_path = ''
as $$
    select m.organization_id from public.members m where m.user_id = (select auth.uid());
$$;
create policy for_others on public.organizations for update using ((select auth.role()) = 'authenticated');
create policy for_one on public.organizations for update
    using (name is not null and id = (select auth.uid()) and coalesce((select auth.jwt()) ->> 'plan', 'free') = 'paid');
create policy for_members on public.organizations for update using (id in (select private.my_organizations()));
create policy for_joined on public.organizations for update using (exists (
    select from public.messages m join public.members b on b.user_id = m.user_id and b.user_id = (select auth.uid())
    where b.organization_id = organizations.id
));
create policy for_known on public.organizations for update
    using (case when (select auth.uid()) is null then false else name <> '' end);
create policy for_claimed on public.organizations for update
    using (nullif(name, '') = ((select auth.jwt()) -> 'app_metadata' ->> 'organization'));
