grant select on public.members to authenticated;

create policy members_select on public.members -- wrong: recursive-policy
    for select to authenticated
    using (
        organization_id in (
            select m.organization_id from public.members m where m.user_id = (select auth.uid())
        )
    );
