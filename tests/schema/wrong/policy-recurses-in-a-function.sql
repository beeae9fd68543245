grant select on public.members to authenticated;
create function private.my_organizations() returns setof uuid
language sql stable
set search_path = ''
as $$
    select m.organization_id from public.members m where m.user_id = auth.uid();
$$;
create policy members_select on public.members for select to authenticated -- wrong: recursive-policy
    using (organization_id in (select private.my_organizations()));
