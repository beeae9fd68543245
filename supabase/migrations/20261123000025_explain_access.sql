-- Why a person can or cannot see a row.

create function private.access_of(user_id uuid, organization_id uuid, audience uuid, conversation_id uuid)
returns table (in_organization boolean, in_audience boolean, in_conversation boolean)
language plpgsql volatile
security definer
set search_path = ''
as $$
declare
    claim constant text := coalesce(current_setting('request.jwt.claim.sub', true), '');
    claims constant text := coalesce(current_setting('request.jwt.claims', true), '');
begin
    -- The policies ask these helpers about whoever is signed in. So they are asked about the person, as if it were they:
    -- what is explained is the rule itself, not a copy of it.
    perform set_config('request.jwt.claim.sub', user_id::text, true),
        set_config('request.jwt.claims', jsonb_build_object('sub', user_id, 'role', 'authenticated')::text, true);
    in_organization := organization_id in (select private.organization_ids('viewer'));
    in_audience := audience in (select private.audiences());
    in_conversation := conversation_id in (select private.conversation_ids('viewer'));
    perform set_config('request.jwt.claim.sub', claim, true), set_config('request.jwt.claims', claims, true);
    return next;
end;
$$;
comment on function private.access_of(uuid, uuid, uuid, uuid) is
    'What the helpers of the policies say of a person: whether they are in the organization, among the audience, in the conversation.';
revoke all on function private.access_of(uuid, uuid, uuid, uuid) from public, anon, authenticated, service_role;

create function private.explain_access(user_id uuid, table_name text, id uuid) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    organization_id uuid;
    document_id uuid;
    conversation_id uuid;
    visibility public.visibility;
    team_id uuid;
    created_by uuid;
    audience uuid;
    noun text;
    is_live boolean := true;
    organization public.organizations;
    held public.organization_role;
    access record;
    rules jsonb [];
    -- All rules must hold, and one of the ways.
    ways jsonb [] := array[]::jsonb [];
    allowed boolean;
begin
    case table_name
        when 'document_collections' then
            noun := 'collection';
            select c.organization_id, c.visibility, c.team_id, c.created_by, c.audience, c.deleted_at is null
            into organization_id, visibility, team_id, created_by, audience, is_live
            from public.document_collections c where c.id = id;
        when 'documents', 'document_processing_status' then
            noun := 'document';
            document_id := id;
        when 'document_chunks' then
            noun := 'document';
            select c.document_id into document_id
            from public.document_chunks c
            where c.id = id
                -- For the index, which begins with it.
                and c.organization_id = any (
                    case when private.bypasses_row_security() then array(select o.id from public.organizations o)
                        else array(select private.organization_ids('admin'))
                    end
                );
        when 'conversations' then
            noun := 'conversation';
            conversation_id := id;
        when 'messages' then
            noun := 'conversation';
            select m.conversation_id, m.deleted_at is null into conversation_id, is_live
            from public.messages m where m.id = id;
        else
            raise sqlstate 'PT400' using
                message = format('Access to rows of %s is not explained', coalesce(quote_literal(table_name), 'no table')),
                hint = 'p_table is one of document_collections, documents, document_chunks, document_processing_status, conversations and messages.';
    end case;
    if document_id is not null then
        select d.organization_id, d.visibility, d.team_id, d.created_by, d.audience, d.deleted_at is null
        into organization_id, visibility, team_id, created_by, audience, is_live
        from public.documents d where d.id = document_id;
    elsif conversation_id is not null then
        select c.organization_id, is_live and c.deleted_at is null into organization_id, is_live
        from public.conversations c where c.id = conversation_id;
    end if;

    select o.* into organization from public.organizations o where o.id = organization_id;
    if organization.id is null
        or not (private.bypasses_row_security() or organization.id in (select private.organization_ids('admin')))
    then
        raise sqlstate 'PT404' using
            message = format('There is no such row of %s in an organization that you administer', table_name),
            hint = 'Check the id; the row''s own admins can ask why somebody does not see it.';
    end if;

    select a.* into access from private.access_of(user_id, organization.id, audience, conversation_id) a;
    select m.role into held from public.organization_members m
    where m.organization_id = organization.id and m.user_id = user_id;

    rules := array[
        jsonb_build_object('rule', 'is_live', 'holds', is_live and organization.deleted_at is null, 'says', case
            when organization.deleted_at is not null then 'The organization is deleted.'
            when is_live then format('The %s is not deleted.', noun)
            else format('The row or its %s is deleted.', noun)
        end)
    ];
    if noun = 'conversation' then
        ways := array[
            jsonb_build_object('rule', 'takes_part', 'holds', access.in_conversation, 'says', case
                when access.in_conversation then 'They take part in the conversation.'
                when exists (
                    select from public.conversation_participants p
                    where p.conversation_id = conversation_id and p.user_id = user_id
                ) then 'They were added to the conversation, but it is deleted or they are not in its organization.'
                else 'They do not take part in the conversation; nobody else sees it, admins included.'
            end)
        ];
    else
        rules := rules || jsonb_build_object('rule', 'is_in_organization', 'holds', access.in_organization, 'says', case
            when held is not null then format('They are in its organization, as %s.', held)
            else 'They are not in its organization.'
        end);
        ways := array[
            jsonb_build_object('rule', 'shared_with_organization', 'holds', visibility = 'organization', 'says',
                case when visibility = 'organization'
                    then format('The %s is shared with the organization.', noun)
                    else format('The %s is not shared with the organization: its visibility is %s.', noun, visibility)
                end),
            jsonb_build_object('rule', 'shared_with_team_of_theirs', 'holds',
                visibility = 'team'
                and exists (
                    select from public.team_members tm
                    join public.teams t on t.organization_id = tm.organization_id and t.id = tm.team_id
                    where tm.team_id = team_id and tm.user_id = user_id and t.deleted_at is null
                ),
                'says', case
                    when visibility <> 'team' then format('The %s is not shared with a team: its visibility is %s.', noun, visibility)
                    when exists (select from public.teams t where t.id = team_id and t.deleted_at is not null)
                        then format('The %s is shared with a team that is deleted.', noun)
                    when exists (select from public.team_members tm where tm.team_id = team_id and tm.user_id = user_id)
                        then format('The %s is shared with a team that they are in.', noun)
                    else format('The %s is shared with a team that they are not in.', noun)
                end),
            jsonb_build_object('rule', 'shared_with_team_and_is_admin', 'holds',
                visibility = 'team' and coalesce(held >= 'admin', false),
                'says', case
                    when held >= 'admin' then format('As %s they see what is shared with any team, and nothing that is private.', held)
                    else 'They are no admin, who sees what is shared with any team.'
                end),
            jsonb_build_object('rule', 'is_private_to_them', 'holds', visibility = 'private' and coalesce(created_by = user_id, false), 'says', case
                when visibility <> 'private' then format('The %s is not private: its visibility is %s.', noun, visibility)
                when created_by = user_id then format('The %s is private, and they created it.', noun)
                when created_by is null then format('The %s is private to somebody whose account is gone: nobody sees it.', noun)
                else format('The %s is private to its creator, and that is not them.', noun)
            end)
        ];
    end if;

    -- Decided by what the policies ask, not by what is said of it.
    allowed := is_live
        and organization.deleted_at is null
        and case when noun = 'conversation' then access.in_conversation
            else coalesce(access.in_organization and access.in_audience, false)
        end;
    return jsonb_build_object(
        'user_id', user_id, 'table', table_name, 'id', id, 'organization_id', organization.id, 'allowed', allowed,
        'because', case
            when allowed then (select jsonb_agg(w.way) from unnest(ways) w (way) where (w.way ->> 'holds')::boolean)
            else (
                select jsonb_agg(r.rule)
                from (
                    select r.rule, 1 as place from unnest(rules) r (rule) where not (r.rule ->> 'holds')::boolean
                    union all
                    select w.way, 2 from unnest(ways) w (way)
                    -- Ways that are closed matter where none is open.
                    where not exists (select from unnest(ways) o (way) where (o.way ->> 'holds')::boolean)
                ) r
            )
        end
    );
end;
$$;
comment on function private.explain_access(uuid, text, uuid) is
    'What public.explain_access does, with the rights to look at the person''s memberships.';
revoke all on function private.explain_access(uuid, text, uuid) from public, anon, authenticated, service_role;
grant execute on function private.explain_access(uuid, text, uuid) to authenticated, service_role;

create function public.explain_access(p_user_id uuid, p_table text, p_id uuid) returns jsonb
language sql
set search_path = ''
as $$
    select private.explain_access(p_user_id, p_table, p_id);
$$;
comment on function public.explain_access(uuid, text, uuid) is
    'Why a person can or cannot see a row of document_collections, documents, document_chunks, document_processing_status (by the document''s id), conversations '
    'or messages, for admins of its organization and the service role. Returns {user_id, table, id, organization_id, allowed, because}: because is an array of '
    '{rule, holds, says}, what lets them in, or each thing that would have to be otherwise. It is decided by the helpers of the policies themselves, '
    'by which search, citations and downloads go too. Raises PT400 for another table, PT404 for a row that the caller does not administer.';
revoke all on function public.explain_access(uuid, text, uuid) from public, anon, authenticated, service_role;
grant execute on function public.explain_access(uuid, text, uuid) to authenticated, service_role;
