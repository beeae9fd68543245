-- Chat with an assistant: the answers that are being generated, so that a client that left may come back to one or stop it.
--
-- The caller's own token reads the conversation and asks (chat_context, ask_assistant). The service role, who alone writes what
-- assistants say, starts the answer, reports how far it is, and finishes it: message and ledger in one transaction, once.

create type public.generation_status as enum ('running', 'completed', 'cancelled', 'failed');

create table public.chat_generations (
    organization_id uuid not null,
    message_id uuid not null constraint chat_generations_message_id_key unique,
    conversation_id uuid not null,
    question_id uuid not null,
    user_id uuid references public.user_profiles (user_id) on delete set null,
    model_name public.model_name,
    status public.generation_status not null default 'running',
    content text not null default '' constraint content_is_bounded check (char_length(content) <= 200000),
    citations jsonb not null default '[]' constraint citations_are_bounded check (
        jsonb_typeof(citations) = 'array' and pg_column_size(citations) <= 60000
    ),
    usage public.json_object not null default '{}',
    error public.json_object,
    reservation_id uuid,
    cancel_requested_at timestamptz,
    was_reaped boolean not null default false,
    created_at timestamptz not null default clock_timestamp(),
    reported_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    primary key (organization_id, message_id),
    foreign key (organization_id, conversation_id)
        references public.conversations (organization_id, id) on delete cascade,
    constraint generations_end check ((status = 'running') = (finished_at is null))
);
comment on table public.chat_generations is
    'Answers of an assistant, while they are generated and after. What came to an end is stored as a message with the same id.';
comment on column public.chat_generations.message_id is 'The id of the message that the answer is, once it came to an end.';
comment on column public.chat_generations.citations is
    'What the answer is based on, best first: [{document_id, chunk_id}]. get_citations tells their titles and words to who may read them.';
comment on column public.chat_generations.content is 'What there is of the answer up to now; empty once it is a message.';
comment on column public.chat_generations.reported_at is 'When the function that generates it was last heard of.';
comment on column public.chat_generations.was_reaped is
    'Whether it was ended because that function fell silent. If it is heard of again, what it says of the end stands instead.';
comment on column public.chat_generations.usage is 'What it has used; while it is generated, what is charged if that function dies.';

create index chat_generations_conversation on public.chat_generations (organization_id, conversation_id);
create index chat_generations_user on public.chat_generations (user_id);
create index chat_generations_running on public.chat_generations (reported_at) where status = 'running';

alter table public.chat_generations enable row level security;
revoke all on public.chat_generations from public, anon, authenticated, service_role;
grant select (
    organization_id, message_id, conversation_id, question_id, user_id, model_name, status, content, citations, usage, error,
    cancel_requested_at, created_at, finished_at
) on public.chat_generations to authenticated;
grant select, insert, update, delete on public.chat_generations to service_role;

create policy chat_generations_select on public.chat_generations
    for select to authenticated
    using (conversation_id = any (array(select private.conversation_ids('viewer'))));

create trigger chat_generations_keep_identity
    before update of organization_id, message_id, conversation_id, question_id on public.chat_generations
    for each row when (
        (old.organization_id, old.message_id, old.conversation_id, old.question_id)
        is distinct from (new.organization_id, new.message_id, new.conversation_id, new.question_id)
    )
    execute function private.refuse_change('organization_id', 'message_id', 'conversation_id', 'question_id');
create trigger chat_generations_keep_asker
    before update of user_id on public.chat_generations
    for each row when (old.user_id is distinct from new.user_id)
    execute function private.refuse_change_of_person('user_id');

-- What was deleted is gone, what it was based on too.
create function private.forget_generation() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    delete from public.chat_generations g where g.organization_id = new.organization_id and g.message_id = new.id;
    return null;
end;
$$;
comment on function private.forget_generation() is 'Trigger: an answer that is deleted as a message leaves nothing else behind.';
revoke all on function private.forget_generation() from public, anon, authenticated, service_role;

create trigger messages_forget_generation
    after update of deleted_at on public.messages
    -- A person may have taken the id of an answer to come for a message of their own: deleting that must not keep the answer
    -- from being settled.
    for each row when (old.deleted_at is null and new.deleted_at is not null and new.role = 'assistant')
    execute function private.forget_generation();

-- What the caller does ------------------------------------------------------------------------------------

create function public.chat_context(
    p_conversation_id uuid default null, p_organization_id uuid default null, p_messages integer default 20
) returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
    organization uuid := p_organization_id;
    history jsonb := jsonb '[]';
begin
    if p_conversation_id is not null then
        select c.organization_id into organization from public.conversations c where c.id = p_conversation_id;
        if not found then
            raise sqlstate 'PT404' using
                message = 'There is no such conversation among yours', hint = 'Check the id, and that you take part in it.';
        end if;
        -- Before anybody is asked, and what they answer is to be paid.
        if p_conversation_id not in (select private.conversation_ids('member')) then
            raise sqlstate '42501' using
                message = 'A viewer may read this conversation, and not write to it',
                hint = 'Ask an admin of the organization for the role member.';
        end if;
        select coalesce(jsonb_agg(jsonb_build_object('role', m.role, 'content', m.content) order by m.sequence), '[]') into history
        from (
            select m.role, m.content, m.sequence from public.messages m
            where m.conversation_id = p_conversation_id and m.role in ('user', 'assistant')
            order by m.sequence desc
            limit least(greatest(p_messages, 0), 100)
        ) m;
    elsif organization is null then
        select o.id into organization from public.organizations o where o.is_personal and o.created_by = (select auth.uid());
    end if;
    return jsonb_build_object(
        'organization_id', organization,
        'is_personal', coalesce((select o.is_personal from public.organizations o where o.id = organization), true),
        'messages', history,
        -- A guest in somebody's personal organization pays for themselves.
        'payer_id', case
            when exists (
                select from public.organization_members m
                where m.organization_id = organization and m.user_id = (select auth.uid())
            ) then organization
        end
    );
end;
$$;
comment on function public.chat_context(uuid, uuid, integer) is
    'What an assistant has to know of a conversation, or of one to come: {organization_id, is_personal, payer_id, messages: [{role, content}]}, '
    'oldest first; payer_id is null for a guest, who pays themselves. Raises PT404, and 42501 where they may read the conversation and not write to it.';
revoke all on function public.chat_context(uuid, uuid, integer) from public, anon, authenticated, service_role;
grant execute on function public.chat_context(uuid, uuid, integer) to authenticated;

create function public.get_citations(p_message_id uuid)
returns table (document_id uuid, chunk_id uuid, title text, quote text)
language sql stable
rows 6
set search_path = ''
as $$
    select d.id, c.id, d.title, left(c.content, 500)
    from public.chat_generations g
    cross join lateral jsonb_array_elements(g.citations) with ordinality x (citation, place)
    join public.documents d on d.id = (x.citation ->> 'document_id')::uuid
    join public.document_chunks c
        on c.organization_id = d.organization_id and c.document_id = d.id and c.id = (x.citation ->> 'chunk_id')::uuid
    where g.message_id = p_message_id
    order by x.place;
$$;
comment on function public.get_citations(uuid) is
    'What an answer is based on, best first: of its citations those that the caller may read now, with the document''s title and the first 500 '
    'characters of the passage. Empty for an answer that is not the caller''s to see. What was replaced or deleted since is left out.';
revoke all on function public.get_citations(uuid) from public, anon, authenticated, service_role;
grant execute on function public.get_citations(uuid) to authenticated, service_role;

create function public.ask_assistant(
    p_content text, p_conversation_id uuid default null, p_organization_id uuid default null, p_title text default null
) returns jsonb
language plpgsql
set search_path = ''
as $$
declare
    conversation uuid := p_conversation_id;
    asked public.messages;
begin
    if conversation is null then
        insert into public.conversations (organization_id, title, type, created_by)
        values (p_organization_id, p_title, 'assistant', (select auth.uid()))
        returning id into conversation;
    end if;
    insert into public.messages (conversation_id, user_id, content)
    values (conversation, (select auth.uid()), p_content)
    returning * into asked;
    return jsonb_build_object(
        'organization_id', asked.organization_id, 'conversation_id', conversation, 'message_id', asked.id, 'sequence', asked.sequence
    );
end;
$$;
comment on function public.ask_assistant(text, uuid, uuid, text) is
    'Writes the caller''s message to a conversation, which is made of type assistant where none is named. Returns {organization_id, '
    'conversation_id, message_id, sequence}. Raises 42501 where they may not write.';
revoke all on function public.ask_assistant(text, uuid, uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.ask_assistant(text, uuid, uuid, text) to authenticated;

create function private.cancel_generation(message_id uuid) returns void
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
begin
    update public.chat_generations g set cancel_requested_at = coalesce(g.cancel_requested_at, clock_timestamp())
    where g.message_id = message_id
        and g.conversation_id in (select private.conversation_ids('member'))
        and (g.user_id = auth.uid() or g.conversation_id in (select private.owned_conversation_ids()));
    if not found then
        raise sqlstate 'PT404' using
            message = 'There is no such answer to a question of yours', hint = 'Who asked may cancel it, and who owns the conversation.';
    end if;
end;
$$;
comment on function private.cancel_generation(uuid) is 'What public.cancel_generation does, with the rights to change the row.';
revoke all on function private.cancel_generation(uuid) from public, anon, authenticated, service_role;
grant execute on function private.cancel_generation(uuid) to authenticated;

create function public.cancel_generation(p_message_id uuid) returns void
language sql
set search_path = ''
as $$
    select private.cancel_generation(p_message_id);
$$;
comment on function public.cancel_generation(uuid) is
    'Asks for an answer to be ended, for whoever asked and the conversation''s owners. What there is of it is kept and paid for. Returns '
    'nothing; once it came to an end, nothing happens. Raises PT404.';
revoke all on function public.cancel_generation(uuid) from public, anon, authenticated, service_role;
grant execute on function public.cancel_generation(uuid) to authenticated;

-- What the service role does ------------------------------------------------------------------------------

create function public.report_generations(p_reports jsonb) returns jsonb
language plpgsql
set search_path = ''
as $$
declare
    used jsonb;
    cancelled jsonb;
begin
    with reported as (
        update public.chat_generations g
        set content = left(r.content, 200000), reported_at = clock_timestamp(),
            usage = jsonb_build_object(
                'model', g.model_name, 'tokens_input', coalesce(r.tokens_input, 0), 'tokens_output', coalesce(r.tokens_output, 0)
            )
        from (
            select x.*
            from jsonb_to_recordset(p_reports) x (message_id uuid, content text, tokens_input bigint, tokens_output bigint)
            order by x.message_id
        ) r
        where g.message_id = r.message_id and g.status = 'running'
        returning g.organization_id, g.conversation_id, g.message_id, g.cancel_requested_at, g.reservation_id, g.model_name, r.tokens_input, r.tokens_output
    )
    select
        jsonb_agg(
            jsonb_build_object(
                'reservation_id', r.reservation_id, 'tokens_input', r.tokens_input, 'tokens_output', r.tokens_output, 'model_name', r.model_name
            )
        ) filter (where r.reservation_id is not null and r.tokens_input + r.tokens_output > 0),
        -- Nobody will read what goes on in a conversation that was deleted.
        coalesce(jsonb_agg(r.message_id) filter (where r.cancel_requested_at is not null or c.deleted_at is not null), '[]')
    into used, cancelled
    from reported r
    join public.conversations c on c.organization_id = r.organization_id and c.id = r.conversation_id;
    if used is not null then
        -- An answer that takes long keeps what it holds.
        perform public.report_usage(used);
    end if;
    return cancelled;
end;
$$;
comment on function public.report_generations(jsonb) is
    'For the service role, every second or so: keeps what there is of answers, an array of {message_id, content, tokens_input, '
    'tokens_output}, and what they have used, as report_usage does. Returns the ids of those that are to be ended.';
revoke all on function public.report_generations(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.report_generations(jsonb) to service_role;

create function public.finish_generation(
    p_message_id uuid,
    p_status public.generation_status,
    p_content text,
    p_tokens_input bigint default 0,
    p_tokens_output bigint default 0,
    p_tokens_cached bigint default 0,
    p_error jsonb default null,
    p_is_estimate boolean default false,
    p_reservation_id uuid default null,
    p_model_name text default null
) returns jsonb
language plpgsql
set search_path = ''
as $$
declare
    generation public.chat_generations;
    reservation uuid;
    model text;
    settled jsonb;
    told jsonb;
    about jsonb;
begin
    select g.* into generation from public.chat_generations g where g.message_id = p_message_id for update;
    if not found and p_reservation_id is null then
        raise sqlstate 'PT404' using message = 'There is no such answer', hint = 'Check p_message_id.';
    end if;
    if generation.status <> 'running' and (p_is_estimate or not generation.was_reaped) then
        return generation.usage;
    end if;
    -- What was deleted meanwhile is paid for all the same.
    reservation := coalesce(generation.reservation_id, p_reservation_id);
    -- The one that answered, which after a fallback is not the one that was reserved for.
    model := coalesce(generation.model_name, p_model_name);
    if reservation is not null then
        if p_tokens_input + p_tokens_output > 0 then
            settled := public.settle_usage(
                reservation, p_tokens_input, p_tokens_output, p_tokens_cached,
                p_model_name => model,
                p_is_estimate => p_is_estimate
            );
        else
            perform public.release_usage(reservation);
        end if;
    end if;
    told := jsonb_build_object(
        'model', model, 'tokens_input', p_tokens_input, 'tokens_cached', p_tokens_cached,
        'tokens_output', p_tokens_output, 'cost_usd', settled -> 'cost_usd'
    );
    if p_content <> '' and generation.message_id is not null then
        about := jsonb_build_object(
            'citations', generation.citations, 'question_id', generation.question_id, 'status', p_status, 'usage', told
        );
        if generation.was_reaped then
            update public.messages m set content = left(p_content, 200000), metadata = about
            where m.organization_id = generation.organization_id and m.id = p_message_id and m.role = 'assistant';
        end if;
        if not generation.was_reaped or not found then
            insert into public.messages (organization_id, id, conversation_id, role, content, model_name, metadata)
            values (
                generation.organization_id, p_message_id, generation.conversation_id, 'assistant', left(p_content, 200000),
                generation.model_name, about
            )
            -- Whoever waits for the answer knows its id and may have taken it for a message of their own: that is their loss, and
            -- must keep nothing from being settled.
            on conflict do nothing;
        end if;
    end if;
    update public.chat_generations g
    set
        status = p_status, content = '', usage = told, error = p_error, finished_at = clock_timestamp(), was_reaped = p_is_estimate
    where g.message_id = p_message_id;
    return told;
end;
$$;
comment on function public.finish_generation(
    uuid, public.generation_status, text, bigint, bigint, bigint, jsonb, boolean, uuid, text
) is
    'For the service role, when an answer came to its end: stores it as a message with its citations and settles what it used, together and '
    'once. An answer without text is no message, and without tokens costs nothing. What p_is_estimate says of one whose function fell silent '
    'gives way to what that function says after all. Of an answer that was deleted meanwhile p_reservation_id is settled, as of p_model_name. Returns {model, tokens_input, tokens_cached, tokens_output, cost_usd}, a second time the '
    'same. Raises PT404.';
revoke all on function public.finish_generation(
    uuid, public.generation_status, text, bigint, bigint, bigint, jsonb, boolean, uuid, text
) from public, anon, authenticated, service_role;
grant execute on function public.finish_generation(
    uuid, public.generation_status, text, bigint, bigint, bigint, jsonb, boolean, uuid, text
) to service_role;

create function public.reap_generations(p_silent_for interval default '2 minutes') returns bigint
language plpgsql
set search_path = ''
as $$
declare
    lost public.chat_generations;
    reaped bigint := 0;
begin
    for lost in
        select g.* from public.chat_generations g
        where g.status = 'running' and g.reported_at < clock_timestamp() - p_silent_for
        order by g.reported_at
        limit 1000
        for update skip locked
    loop
        perform public.finish_generation(
            lost.message_id, 'failed', lost.content, coalesce((lost.usage ->> 'tokens_input')::bigint, 0),
            coalesce((lost.usage ->> 'tokens_output')::bigint, 0), 0,
            jsonb_build_object('code', 'interrupted', 'message', 'The function that generated this answer ended.'), true
        );
        reaped := reaped + 1;
    end loop;
    return reaped;
end;
$$;
comment on function public.reap_generations(interval) is
    'For the service role, every minute: ends the answers whose function has died. What was last reported is kept and paid for. Returns '
    'how many they were.';
revoke all on function public.reap_generations(interval) from public, anon, authenticated, service_role;
grant execute on function public.reap_generations(interval) to service_role;

insert into public.maintenance_jobs (name, schedule, place, description, command) values
    (
        'generations', '* * * * *', 20, 'Ends the answers whose function has died; what there is of them is kept and paid for.',
        'select public.reap_generations()'
    );
