-- Calls to models, begun: one round trip that says who calls and holds what the call may use.

create function public.begin_model_call(
    p_model_name text,
    p_endpoint text,
    p_request_id text,
    p_tokens_input bigint,
    p_tokens_output bigint,
    p_api_key text default null,
    p_scope text default null,
    p_user_id uuid default null,
    p_organization_id uuid default null,
    p_expires_in interval default '10 minutes',
    p_or_personally boolean default false,
    p_other_models text [] default null
) returns jsonb
language plpgsql
set search_path = ''
as $$
declare
    found_key constant jsonb := case when p_api_key is not null then public.verify_api_key(p_api_key, p_scope) end;
    payer uuid := coalesce((found_key ->> 'organization_id')::uuid, p_organization_id);
    personal uuid;
    held public.organization_role;
begin
    if p_api_key is not null then
        if found_key is null then
            raise sqlstate 'PT401' using
                message = 'The API key is not valid, or not for this', hint = 'Check the key and its scopes; an admin of the organization makes new ones.';
        end if;
        if p_organization_id <> payer then
            raise sqlstate 'PT403' using
                message = 'The API key is another organization''s', hint = 'Leave the organization out: the key says it.';
        end if;
    elsif p_user_id is null then
        raise sqlstate 'PT401' using message = 'Nobody calls', hint = 'Send p_api_key or p_user_id.';
    else
        select o.id into personal from public.organizations o
        where o.created_by = p_user_id and o.is_personal and o.deleted_at is null;
        payer := coalesce(payer, personal);
        select m.role into held
        from public.organization_members m
        join public.organizations o on o.id = m.organization_id and o.deleted_at is null
        where m.organization_id = payer and m.user_id = p_user_id;
        if p_or_personally and coalesce(held, 'viewer') < 'member' and personal is not null then
            payer := personal;
            held := 'owner';
        end if;
        if held is null then
            raise sqlstate 'PT404' using
                message = 'There is no such organization among yours', hint = 'Check the id, and that you are a member.';
        end if;
        if held < 'member' then
            raise sqlstate 'PT403' using
                message = 'A viewer makes no calls that cost something', hint = 'Ask an admin of the organization for the role member.';
        end if;
    end if;
    return public.reserve_usage(
        p_organization_id => payer,
        p_model_name => p_model_name::public.model_name,
        p_tokens_input => p_tokens_input,
        p_tokens_output => p_tokens_output,
        p_user_id => case when found_key is null then p_user_id end,
        p_api_key_id => (found_key ->> 'api_key_id')::uuid,
        p_request_id => p_request_id::public.request_id,
        p_endpoint => p_endpoint::public.label,
        p_expires_in => p_expires_in,
        p_other_models => p_other_models
    );
end;
$$;
comment on function public.begin_model_call(text, text, text, bigint, bigint, text, text, uuid, uuid, interval, boolean, text []) is
    'For the service role, before a call to a model: checks the API key (and its scope), or that the person may spend for the organization '
    '(their personal one where none is named, or with p_or_personally where they may not), and reserves what the call may use. Returns what '
    'reserve_usage does. Raises PT401, PT403 or PT404 for who calls, and what reserve_usage raises.';
revoke all on function public.begin_model_call(text, text, text, bigint, bigint, text, text, uuid, uuid, interval, boolean, text [])
    from public, anon, authenticated, service_role;
grant execute on function public.begin_model_call(text, text, text, bigint, bigint, text, text, uuid, uuid, interval, boolean, text [])
    to service_role;
