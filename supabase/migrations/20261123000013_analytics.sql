-- Analytics: what a person's start page and an organization's overview show, each in one call.

create function private.user_dashboard() returns jsonb
language sql stable
security definer
set search_path = ''
as $$
    with mine as (
        select o.id, o.name, o.time_zone, m.role
        from public.organization_members m
        join public.organizations o on o.id = m.organization_id and o.deleted_at is null
        where m.user_id = (select auth.uid())
    ),
    seen as materialized (
        select p.conversation_id, p.last_read_at
        from public.conversation_participants p
        where p.user_id = (select auth.uid())
            and p.conversation_id in (select private.conversation_ids('viewer'))
    )
    select jsonb_build_object(
        'email', u.email,
        'full_name', p.full_name,
        'avatar_url', p.avatar_url,
        'organizations', (
            select coalesce(
                jsonb_agg(jsonb_build_object('id', m.id, 'name', m.name, 'role', m.role) order by m.name, m.id), '[]'
            )
            from mine m
        ),
        'conversation_count', (select count(*) from seen),
        'unread_count', (
            select count(*)
            from seen s
            join public.messages m on m.conversation_id = s.conversation_id
            where m.created_at > coalesce(s.last_read_at, '-infinity')
                -- Not `<>`: the messages of an assistant have no user, and are unread like others.
                and m.user_id is distinct from u.id
                and m.deleted_at is null
        ),
        'document_count', (
            select count(*)
            from public.documents d
            where d.created_by = u.id and d.deleted_at is null and d.organization_id in (select m.id from mine m)
        ),
        'usage_this_month', (
            -- Each organization's own calendar month.
            select jsonb_build_object(
                'tokens', coalesce(sum(used.tokens), 0)::bigint,
                'cost_usd', trim_scale(coalesce(sum(used.cost_usd), 0)),
                'requests', coalesce(sum(used.requests), 0)::bigint
            )
            from (
                select t.tokens, t.cost_usd, t.requests
                from private.usage_months t
                join mine m on m.id = t.organization_id
                where t.user_id = u.id
                    and t.month_start > now() - interval '33 days'
                    and t.month_start = date_trunc('month', now(), m.time_zone)
                union all
                select q.tokens_input + q.tokens_output, q.cost_usd, q.requests
                from mine m
                join private.usage_pending q on q.organization_id = m.id
                where q.user_id = u.id
                    and date_trunc('month', q.bucket, m.time_zone) = date_trunc('month', now(), m.time_zone)
            ) used
        )
    )
    from auth.users u
    left join public.user_profiles p on p.user_id = u.id
    where u.id = (select auth.uid());
$$;
comment on function private.user_dashboard() is 'What public.get_user_dashboard does, with the rights to read what is not rolled up yet.';
revoke all on function private.user_dashboard() from public, anon, authenticated, service_role;
grant execute on function private.user_dashboard() to authenticated;

create function public.get_user_dashboard() returns jsonb
language sql stable
set search_path = ''
as $$
    select private.user_dashboard();
$$;
comment on function public.get_user_dashboard() is
    'The caller''s own {email, full_name, avatar_url, organizations: [{id, name, role}], conversation_count, unread_count, document_count, '
    'usage_this_month: {tokens, cost_usd, requests}}: what they may see, without anything deleted. The usage is exact to the last '
    'committed call, over the current calendar month of each organization.';
revoke all on function public.get_user_dashboard() from public, anon, authenticated, service_role;
grant execute on function public.get_user_dashboard() to authenticated;

create function private.organization_analytics(organization_id uuid) returns json
language plpgsql stable
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    held constant public.organization_role := private.require_role(organization_id, 'viewer');
    organization public.organizations;
    month timestamptz;
    -- Not jsonb, here as in what is returned: it would take thousands of people apart to put them together again.
    usage json;
begin
    select o.* into organization from public.organizations o where o.id = organization_id;
    month := date_trunc('month', now(), organization.time_zone);

    with used as materialized (
        select t.user_id, t.tokens, t.cost_usd as cost, t.requests
        from private.usage_months t
        where t.organization_id = organization_id and t.month_start = month
        union all
        select p.user_id, p.tokens_input + p.tokens_output, p.cost_usd, p.requests
        from private.usage_pending p
        where p.organization_id = organization_id
            and date_trunc('month', p.bucket, organization.time_zone) = month
    ),
    people as (
        -- Whoever signed up by phone has no address. Two accounts of one address, as single sign-on makes them, are one entry.
        select coalesce(u.email, u.id::text) as email, sum(used.tokens)::bigint as tokens, sum(used.cost) as cost
        from used
        join auth.users u on u.id = used.user_id
        where held >= 'admin'
        group by 1
    )
    select json_build_object(
        'tokens', coalesce(sum(used.tokens), 0)::bigint,
        'cost_usd', trim_scale(coalesce(sum(used.cost), 0)),
        'requests', coalesce(sum(used.requests), 0)::bigint,
        'by_user', case when held >= 'admin' then (
            -- A row becomes an object in less time than json_build_object takes.
            select coalesce(json_object_agg(p.email, each), '{}')
            from people p
            cross join lateral (select p.tokens, trim_scale(p.cost) as cost) each
        ) end
    )
    into usage
    from used;

    return json_build_object(
        'name', organization.name,
        'plan_type', organization.plan_type,
        'member_count', (
            select count(*) from public.organization_members m where m.organization_id = organization_id
        ),
        'team_count', (
            select count(*) from public.teams t where t.organization_id = organization_id and t.deleted_at is null
        ),
        'total_conversations', (
            select count(*) from public.conversations c where c.organization_id = organization_id and c.deleted_at is null
        ),
        'total_documents', (
            select count(*) from public.documents d where d.organization_id = organization_id and d.deleted_at is null
        ),
        'usage_this_month', usage
    );
end;
$$;
comment on function private.organization_analytics(uuid) is
    'What public.get_organization_analytics does, with the rights to count what the caller need not see.';
revoke all on function private.organization_analytics(uuid) from public, anon, authenticated, service_role;
grant execute on function private.organization_analytics(uuid) to authenticated, service_role;

create function public.get_organization_analytics(p_organization_id uuid) returns json
language sql stable
set search_path = ''
as $$
    select private.organization_analytics(p_organization_id);
$$;
comment on function public.get_organization_analytics(uuid) is
    'For members: {name, plan_type, member_count, team_count, total_conversations, total_documents, usage_this_month: {tokens, cost_usd, '
    'requests, by_user: {<email>: {tokens, cost}}}}. It counts all that the organization has and has not deleted, by number alone. The usage is '
    'exact to the last committed call, over the current calendar month of the organization''s time zone; by_user is null for those below '
    'admin, and leaves out what was used by no person. Raises PT404 for an organization that the caller is not in.';
revoke all on function public.get_organization_analytics(uuid) from public, anon, authenticated, service_role;
grant execute on function public.get_organization_analytics(uuid) to authenticated, service_role;
