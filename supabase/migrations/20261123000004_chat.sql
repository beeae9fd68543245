-- Chat: conversations, who takes part, messages, reactions, and who is typing.
--
-- A conversation belongs to an organization and is seen by its participants alone, admins included. Where it belongs to
-- somebody's personal organization, its participants may be anybody who shares an organization with whoever added them.

-- Conversations and participants ----------------------------------------------------------------------

create table public.conversations (
    organization_id uuid not null default private.inherited_organization()
        references public.organizations (id) on delete cascade,
    id uuid not null default gen_random_uuid() constraint conversations_id_key unique,
    title public.label,
    type public.conversation_type not null default 'group',
    metadata public.json_object not null default '{}',
    created_by uuid default auth.uid() references public.user_profiles (user_id) on delete set null,
    last_sequence bigint not null default 0,
    last_message_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    primary key (organization_id, id)
)
-- Every message updates its conversation: room on the page keeps that update out of the indexes.
with (fillfactor = 70);
comment on table public.conversations is 'Conversations between people, and of people with an assistant.';
comment on column public.conversations.last_sequence is 'The sequence of the newest message.';

create index conversations_created_by on public.conversations (created_by);

create table public.conversation_participants (
    organization_id uuid not null default private.inherited_organization(),
    conversation_id uuid not null,
    user_id uuid not null references public.user_profiles (user_id) on delete cascade,
    role public.participant_role not null default 'member',
    last_read_at timestamptz,
    last_read_sequence bigint not null default 0 constraint last_read_sequence_is_not_negative check (last_read_sequence >= 0),
    added_by uuid default auth.uid() references public.user_profiles (user_id) on delete set null,
    created_at timestamptz not null default now(),
    primary key (organization_id, conversation_id, user_id),
    foreign key (organization_id, conversation_id)
        references public.conversations (organization_id, id) on delete cascade
);
comment on table public.conversation_participants is
    'Who takes part in a conversation. Adding somebody who does already changes nothing.';

create index idx_conv_participants_user_conv on public.conversation_participants (user_id, conversation_id);
create index conversation_participants_conversation on public.conversation_participants (conversation_id);
create index conversation_participants_added_by on public.conversation_participants (added_by);

-- What the caller may reach ---------------------------------------------------------------------------

create function private.conversation_ids(minimum public.organization_role) returns setof uuid
language sql stable
security definer
set search_path = ''
as $$
    select p.conversation_id
    from public.conversation_participants p
    join public.conversations c on c.organization_id = p.organization_id and c.id = p.conversation_id
    join public.organizations o on o.id = p.organization_id
    where p.user_id = (select auth.uid())
        and c.deleted_at is null
        and o.deleted_at is null
        and (
            o.is_personal
            or exists (
                select from public.organization_members m
                where m.organization_id = p.organization_id and m.user_id = p.user_id and m.role >= minimum
            )
        );
$$;
comment on function private.conversation_ids(public.organization_role) is
    'The ids of the live conversations that the caller takes part in: viewer for those they may read, member for those they may '
    'write to. A guest in a conversation of somebody''s personal organization may do both.';
revoke all on function private.conversation_ids(public.organization_role) from public, anon, authenticated, service_role;
grant execute on function private.conversation_ids(public.organization_role) to authenticated, service_role;

create function private.owned_conversation_ids() returns setof uuid
language sql stable
security definer
set search_path = ''
as $$
    select p.conversation_id
    from public.conversation_participants p
    where p.user_id = (select auth.uid())
        and p.role = 'owner'
        and p.conversation_id in (select private.conversation_ids('member'));
$$;
comment on function private.owned_conversation_ids() is
    'The ids of the live conversations that the caller owns and may write to.';
revoke all on function private.owned_conversation_ids() from public, anon, authenticated, service_role;
grant execute on function private.owned_conversation_ids() to authenticated, service_role;

create function private.has_no_participants(conversation_id uuid) returns boolean
language sql stable
security definer
set search_path = ''
as $$
    select not exists (
        select from public.conversation_participants p where p.conversation_id = has_no_participants.conversation_id
    );
$$;
comment on function private.has_no_participants(uuid) is
    'True between the insert of a conversation and the trigger that makes its creator a participant.';
revoke all on function private.has_no_participants(uuid) from public, anon, authenticated, service_role;
grant execute on function private.has_no_participants(uuid) to authenticated, service_role;

create function private.may_take_part(organization_id uuid, user_id uuid) returns boolean
language sql stable
security definer
set search_path = ''
as $$
    select exists (
        select from public.organization_members m
        where m.organization_id = may_take_part.organization_id and m.user_id = may_take_part.user_id
    ) or (
        exists (select from public.organizations o where o.id = may_take_part.organization_id and o.is_personal)
        and exists (
            select from public.organization_members m
            where m.user_id = may_take_part.user_id
                and m.organization_id in (select private.organization_ids('viewer'))
        )
    );
$$;
comment on function private.may_take_part(uuid, uuid) is
    'True when the caller may add this person to a conversation of the organization: they are a member of it, or it is a personal one '
    'and they share another organization with the caller.';
revoke all on function private.may_take_part(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function private.may_take_part(uuid, uuid) to authenticated, service_role;

-- Conversations: access -------------------------------------------------------------------------------

alter table public.conversations enable row level security;
revoke all on public.conversations from public, anon, authenticated, service_role;
grant select on public.conversations to authenticated;
grant insert (organization_id, id, title, type, metadata, created_by) on public.conversations to authenticated;
grant update (title, metadata) on public.conversations to authenticated;
grant select, insert, update, delete on public.conversations to service_role;

create policy conversations_select on public.conversations
    for select to authenticated
    using (
        deleted_at is null
        and (
            id = any (array(select private.conversation_ids('viewer')))
            -- `insert … returning` reads the row before its trigger has made the creator a participant.
            or (
                created_by = (select auth.uid())
                and organization_id = any (array(select private.organization_ids('member')))
                and private.has_no_participants(id)
            )
        )
    );
create policy conversations_insert on public.conversations
    for insert to authenticated
    with check (
        created_by = (select auth.uid())
        and organization_id = any (array(select private.organization_ids('member')))
    );
create policy conversations_update on public.conversations
    for update to authenticated
    using (id = any (array(select private.owned_conversation_ids())))
    with check (id = any (array(select private.owned_conversation_ids())));

create trigger conversations_set_organization
    before insert on public.conversations
    for each row execute function private.set_personal_organization();
create trigger conversations_set_updated_at
    before update of title, type, metadata, deleted_at on public.conversations
    for each row execute function private.set_updated_at();
create trigger conversations_keep_identity
    before update of organization_id, id on public.conversations
    for each row when ((old.organization_id, old.id) is distinct from (new.organization_id, new.id))
    execute function private.refuse_change('organization_id', 'id');
create trigger conversations_keep_creator
    before update of created_by on public.conversations
    for each row when (old.created_by is distinct from new.created_by)
    execute function private.refuse_change_of_person('created_by');

create function private.make_creator_participant() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    if new.created_by is not null then
        insert into public.conversation_participants (organization_id, conversation_id, user_id, role, added_by)
        values (new.organization_id, new.id, new.created_by, 'owner', new.created_by);
    end if;
    return null;
end;
$$;
comment on function private.make_creator_participant() is 'After insert on conversations: the creator takes part, as its owner.';
revoke all on function private.make_creator_participant() from public, anon, authenticated, service_role;

create trigger conversations_make_creator_participant
    after insert on public.conversations
    for each row execute function private.make_creator_participant();

-- Participants: access --------------------------------------------------------------------------------

alter table public.conversation_participants enable row level security;
revoke all on public.conversation_participants from public, anon, authenticated, service_role;
grant select, delete on public.conversation_participants to authenticated;
grant insert (organization_id, conversation_id, user_id) on public.conversation_participants to authenticated;
grant update (last_read_at) on public.conversation_participants to authenticated;
grant select, insert, update, delete on public.conversation_participants to service_role;

create policy conversation_participants_select on public.conversation_participants
    for select to authenticated
    using (conversation_id = any (array(select private.conversation_ids('viewer'))));
create policy conversation_participants_insert on public.conversation_participants
    for insert to authenticated
    with check (
        conversation_id = any (array(select private.conversation_ids('member')))
        and private.may_take_part(organization_id, user_id)
    );
-- A viewer, too, has read positions.
create policy conversation_participants_update on public.conversation_participants
    for update to authenticated
    using (user_id = (select auth.uid()) and conversation_id = any (array(select private.conversation_ids('viewer'))))
    with check (user_id = (select auth.uid()) and conversation_id = any (array(select private.conversation_ids('viewer'))));
create policy conversation_participants_delete on public.conversation_participants
    for delete to authenticated
    using (
        (user_id = (select auth.uid()) and conversation_id = any (array(select private.conversation_ids('viewer'))))
        or conversation_id = any (array(select private.owned_conversation_ids()))
    );

create function private.add_participant() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
    conversation public.conversations;
begin
    -- Whoever may not add people here must not even hold up those who may; the policy then says no.
    if not private.bypasses_row_security()
        and not exists (
            select from private.conversation_ids('member') allowed where allowed = new.conversation_id
        )
    then
        new.organization_id := coalesce(
            new.organization_id, (select c.organization_id from public.conversations c where c.id = new.conversation_id)
        );
        return new;
    end if;

    -- One at a time, so that two who add the same person, or a third to a conversation of two, see each other.
    select c.* into conversation from public.conversations c where c.id = new.conversation_id for no key update;
    new.organization_id := coalesce(new.organization_id, conversation.organization_id);
    if not private.bypasses_row_security() and not private.may_take_part(new.organization_id, new.user_id) then
        return new;
    end if;

    if exists (
        select from public.conversation_participants p
        where p.organization_id = new.organization_id
            and p.conversation_id = new.conversation_id
            and p.user_id = new.user_id
    ) then
        return null;
    end if;
    if conversation.type = 'direct'
        and (
            select count(*) from public.conversation_participants p where p.conversation_id = new.conversation_id
        ) >= 2
    then
        raise sqlstate 'PT409' using
            message = 'A direct conversation has two participants', hint = 'Create a conversation of type group.';
    end if;
    return new;
end;
$$;
comment on function private.add_participant() is
    'Before insert on conversation_participants: fills in the organization, skips whoever is in already (once the right to add was '
    'checked), and raises PT409 for a third person in a direct conversation.';
revoke all on function private.add_participant() from public, anon, authenticated, service_role;

create trigger conversation_participants_add
    before insert on public.conversation_participants
    for each row execute function private.add_participant();
create trigger conversation_participants_keep_identity
    before update of organization_id, conversation_id, user_id on public.conversation_participants
    for each row when (
        (old.organization_id, old.conversation_id, old.user_id)
        is distinct from (new.organization_id, new.conversation_id, new.user_id)
    )
    execute function private.refuse_change('organization_id', 'conversation_id', 'user_id');

create function private.remove_participations() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    delete from public.conversation_participants p
    where p.organization_id = old.organization_id and p.user_id = old.user_id;
    return null;
end;
$$;
comment on function private.remove_participations() is
    'After delete on organization_members: whoever leaves an organization leaves its conversations, and does not find '
    'themselves in them on coming back.';
revoke all on function private.remove_participations() from public, anon, authenticated, service_role;

create trigger organization_members_remove_participations
    after delete on public.organization_members
    for each row execute function private.remove_participations();

-- Messages ------------------------------------------------------------------------------------------

create table public.messages (
    organization_id uuid not null default private.inherited_organization(),
    id uuid not null default gen_random_uuid() constraint messages_id_key unique,
    conversation_id uuid not null,
    sequence bigint not null,
    user_id uuid references public.user_profiles (user_id) on delete set null,
    role public.message_role not null default 'user',
    content text not null constraint content_is_bounded check (char_length(content) <= 200000),
    model_name public.model_name,
    metadata public.json_object not null default '{}',
    created_at timestamptz not null default clock_timestamp(),
    edited_at timestamptz,
    deleted_at timestamptz,
    primary key (organization_id, id),
    constraint messages_sequence_key unique (conversation_id, sequence),
    foreign key (organization_id, conversation_id)
        references public.conversations (organization_id, id) on delete cascade,
    constraint only_people_have_accounts check (role = 'user' or user_id is null),
    constraint people_say_something check (role <> 'user' or content ~ '[^[:space:]]')
);
comment on table public.messages is
    'Messages of people (role user) and, written by the service role alone, of assistants, systems and tools.';
comment on column public.messages.sequence is
    'Counts from 1 within the conversation, in the order of commits: whoever pages by it misses nothing.';

create index idx_messages_conv_created on public.messages (conversation_id, created_at desc);
create index messages_user_id on public.messages (user_id);

alter table public.messages enable row level security;
revoke all on public.messages from public, anon, authenticated, service_role;
grant select on public.messages to authenticated;
grant insert (organization_id, id, conversation_id, user_id, role, content, metadata) on public.messages to authenticated;
grant update (content, metadata) on public.messages to authenticated;
grant select, insert, update, delete on public.messages to service_role;

create policy messages_select on public.messages
    for select to authenticated
    using (deleted_at is null and conversation_id = any (array(select private.conversation_ids('viewer'))));
create policy messages_insert on public.messages
    for insert to authenticated
    with check (
        user_id = (select auth.uid())
        and role = 'user'
        and conversation_id = any (array(select private.conversation_ids('member')))
    );
create policy messages_update on public.messages
    for update to authenticated
    using (
        deleted_at is null
        and user_id = (select auth.uid())
        and conversation_id = any (array(select private.conversation_ids('member')))
    )
    with check (
        user_id = (select auth.uid())
        and conversation_id = any (array(select private.conversation_ids('member')))
    );

create function private.number_message() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
    tenant uuid;
begin
    -- Whoever may not write here must not even hold up those who may; the policy then says no.
    if not private.bypasses_row_security()
        and new.conversation_id not in (select private.conversation_ids('member'))
    then
        new.sequence := 0;
        return new;
    end if;
    -- The row lock lasts until the end of the transaction: numbers become visible in their order.
    update public.conversations c
    set last_sequence = c.last_sequence + 1, last_message_at = clock_timestamp()
    where c.id = new.conversation_id
    returning c.organization_id, c.last_sequence, c.last_message_at
    into tenant, new.sequence, new.created_at;
    new.organization_id := coalesce(new.organization_id, tenant);
    -- The foreign key refuses a conversation that does not exist.
    new.sequence := coalesce(new.sequence, 0);
    return new;
end;
$$;
comment on function private.number_message() is
    'Before insert on messages: gives the next sequence of the conversation and the time, under the conversation''s row lock.';
revoke all on function private.number_message() from public, anon, authenticated, service_role;

create function private.mark_message_edited() returns trigger
language plpgsql
set search_path = ''
as $$
begin
    new.edited_at := clock_timestamp();
    return new;
end;
$$;
comment on function private.mark_message_edited() is 'Before update of a message''s content: sets edited_at.';
revoke all on function private.mark_message_edited() from public, anon, authenticated, service_role;

create trigger messages_number
    before insert on public.messages
    for each row execute function private.number_message();
create trigger messages_mark_edited
    before update of content on public.messages
    for each row when (old.content is distinct from new.content)
    execute function private.mark_message_edited();
create trigger messages_keep_identity
    before update of organization_id, id, conversation_id, sequence, role on public.messages
    for each row when (
        (old.organization_id, old.id, old.conversation_id, old.sequence, old.role)
        is distinct from (new.organization_id, new.id, new.conversation_id, new.sequence, new.role)
    )
    execute function private.refuse_change('organization_id', 'id', 'conversation_id', 'sequence', 'role');
create trigger messages_keep_author
    before update of user_id on public.messages
    for each row when (old.user_id is distinct from new.user_id)
    execute function private.refuse_change_of_person('user_id');

-- Reactions -----------------------------------------------------------------------------------------

create table public.message_reactions (
    organization_id uuid not null default private.inherited_organization(),
    conversation_id uuid not null default private.inherited_organization(),
    message_id uuid not null,
    user_id uuid not null default auth.uid() references public.user_profiles (user_id) on delete cascade,
    reaction text not null constraint reaction_is_short check (
        char_length(reaction) between 1 and 32 and reaction !~ '[[:space:][:cntrl:]]'
    ),
    created_at timestamptz not null default now(),
    primary key (organization_id, message_id, user_id, reaction),
    foreign key (organization_id, message_id) references public.messages (organization_id, id) on delete cascade
);
comment on table public.message_reactions is 'Emoji and the like that people put to messages, one of a kind each.';

create index message_reactions_conversation on public.message_reactions (conversation_id);
create index message_reactions_user on public.message_reactions (user_id);

alter table public.message_reactions enable row level security;
revoke all on public.message_reactions from public, anon, authenticated, service_role;
grant select, delete on public.message_reactions to authenticated;
grant insert (message_id, user_id, reaction) on public.message_reactions to authenticated;
grant select, insert, update, delete on public.message_reactions to service_role;

create policy message_reactions_select on public.message_reactions
    for select to authenticated
    using (conversation_id = any (array(select private.conversation_ids('viewer'))));
create policy message_reactions_insert on public.message_reactions
    for insert to authenticated
    with check (
        user_id = (select auth.uid())
        and conversation_id = any (array(select private.conversation_ids('member')))
        -- Held to the policy of messages: a deleted one takes no reactions.
        and exists (select from public.messages m where m.id = message_reactions.message_id)
    );
create policy message_reactions_delete on public.message_reactions
    for delete to authenticated
    using (user_id = (select auth.uid()) and conversation_id = any (array(select private.conversation_ids('member'))));

create function private.set_conversation_of_reaction() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    select m.organization_id, m.conversation_id into new.organization_id, new.conversation_id
    from public.messages m
    where m.id = new.message_id;
    return new;
end;
$$;
comment on function private.set_conversation_of_reaction() is
    'Before insert on message_reactions: organization and conversation are the message''s.';
revoke all on function private.set_conversation_of_reaction() from public, anon, authenticated, service_role;

create trigger message_reactions_set_conversation
    before insert on public.message_reactions
    for each row execute function private.set_conversation_of_reaction();
create trigger message_reactions_keep_identity
    before update on public.message_reactions
    for each row when (old is distinct from new)
    execute function private.refuse_change('the columns');

-- Typing indicators -----------------------------------------------------------------------------------

create table public.typing_indicators (
    organization_id uuid not null default private.inherited_organization(),
    conversation_id uuid not null,
    user_id uuid not null default auth.uid() references public.user_profiles (user_id) on delete cascade,
    started_at timestamptz not null default now(),
    expires_at timestamptz not null default now() + interval '10 seconds',
    primary key (organization_id, conversation_id, user_id),
    foreign key (organization_id, conversation_id)
        references public.conversations (organization_id, id) on delete cascade
);
comment on table public.typing_indicators is 'Who is typing. Renewed by set_typing every few seconds, else it expires.';

create index typing_indicators_conversation on public.typing_indicators (conversation_id);
create index typing_indicators_user on public.typing_indicators (user_id);
create index typing_indicators_expires_at on public.typing_indicators (expires_at);

alter table public.typing_indicators enable row level security;
revoke all on public.typing_indicators from public, anon, authenticated, service_role;
grant select, delete on public.typing_indicators to authenticated;
grant insert (organization_id, conversation_id, user_id) on public.typing_indicators to authenticated;
grant select, insert, update, delete on public.typing_indicators to service_role;

create policy typing_indicators_select on public.typing_indicators
    for select to authenticated
    using (expires_at > now() and conversation_id = any (array(select private.conversation_ids('viewer'))));
create policy typing_indicators_insert on public.typing_indicators
    for insert to authenticated
    with check (user_id = (select auth.uid()) and conversation_id = any (array(select private.conversation_ids('member'))));
create policy typing_indicators_delete on public.typing_indicators
    for delete to authenticated
    using (user_id = (select auth.uid()) and conversation_id = any (array(select private.conversation_ids('member'))));

create function private.renew_typing_indicator() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    if new.organization_id is null then
        select c.organization_id into new.organization_id
        from public.conversations c where c.id = new.conversation_id;
    end if;
    -- Saying it again starts it again: an insert is all that a client needs.
    if private.bypasses_row_security()
        or (new.user_id = auth.uid() and new.conversation_id in (select private.conversation_ids('member')))
    then
        delete from public.typing_indicators t
        where t.organization_id = new.organization_id
            and t.conversation_id = new.conversation_id
            and t.user_id = new.user_id;
    end if;
    return new;
end;
$$;
comment on function private.renew_typing_indicator() is
    'Before insert on typing_indicators: fills in the organization and replaces an earlier indicator of the same person.';
revoke all on function private.renew_typing_indicator() from public, anon, authenticated, service_role;

create trigger typing_indicators_renew
    before insert on public.typing_indicators
    for each row execute function private.renew_typing_indicator();
create trigger typing_indicators_keep_identity
    before update of organization_id, conversation_id, user_id on public.typing_indicators
    for each row when (
        (old.organization_id, old.conversation_id, old.user_id)
        is distinct from (new.organization_id, new.conversation_id, new.user_id)
    )
    execute function private.refuse_change('organization_id', 'conversation_id', 'user_id');

create function public.set_typing(p_conversation_id uuid, p_is_typing boolean default true) returns void
language plpgsql
set search_path = ''
as $$
begin
    if p_is_typing then
        insert into public.typing_indicators (conversation_id, user_id) values (p_conversation_id, (select auth.uid()));
    else
        delete from public.typing_indicators t
        where t.conversation_id = p_conversation_id and t.user_id = (select auth.uid());
    end if;
end;
$$;
comment on function public.set_typing(uuid, boolean) is
    'Says that the caller is typing, for the next 10 seconds, or has stopped. Returns nothing. Raises 42501 where they may not write.';
revoke all on function public.set_typing(uuid, boolean) from public, anon, authenticated, service_role;
grant execute on function public.set_typing(uuid, boolean) to authenticated;

create function public.cleanup_typing_indicators() returns bigint
language sql
set search_path = ''
as $$
    with gone as (
        delete from public.typing_indicators t where t.expires_at <= now() returning 1
    )
    select count(*) from gone;
$$;
comment on function public.cleanup_typing_indicators() is
    'Deletes the typing indicators that have expired and returns how many they were. For the service role; run it every 5 minutes.';
revoke all on function public.cleanup_typing_indicators() from public, anon, authenticated, service_role;
grant execute on function public.cleanup_typing_indicators() to service_role;

-- Reading and deleting --------------------------------------------------------------------------------

create function private.mark_conversation_read(conversation_id uuid, sequence bigint) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    conversation public.conversations;
    participant public.conversation_participants;
begin
    select c.* into conversation from public.conversations c
    where c.id = conversation_id and c.id in (select private.conversation_ids('viewer'));
    if not found then
        raise sqlstate 'PT404' using
            message = 'There is no such conversation among yours', hint = 'Check the id, and that you take part in it.';
    end if;
    update public.conversation_participants p
    set
        -- Never backwards: a slow device must not make read messages unread again.
        last_read_sequence = greatest(p.last_read_sequence, least(coalesce(sequence, conversation.last_sequence), conversation.last_sequence)),
        last_read_at = greatest(
            p.last_read_at,
            case
                when sequence < conversation.last_sequence then (
                    select m.created_at from public.messages m
                    where m.conversation_id = conversation_id and m.sequence <= sequence
                    order by m.sequence desc
                    limit 1
                )
                else greatest(clock_timestamp(), conversation.last_message_at)
            end
        )
    where p.conversation_id = conversation_id and p.user_id = auth.uid()
    returning p.* into participant;
    return jsonb_build_object(
        'conversation_id', conversation_id,
        'last_read_at', participant.last_read_at,
        'last_read_sequence', participant.last_read_sequence
    );
end;
$$;
comment on function private.mark_conversation_read(uuid, bigint) is
    'What public.mark_conversation_read does, with the rights to set last_read_sequence.';
revoke all on function private.mark_conversation_read(uuid, bigint) from public, anon, authenticated, service_role;
grant execute on function private.mark_conversation_read(uuid, bigint) to authenticated;

create function public.mark_conversation_read(p_conversation_id uuid, p_sequence bigint default null) returns jsonb
language sql
set search_path = ''
as $$
    select private.mark_conversation_read(p_conversation_id, p_sequence);
$$;
comment on function public.mark_conversation_read(uuid, bigint) is
    'Moves the caller''s read position forward to the message of this sequence, or to the newest. Returns {conversation_id, '
    'last_read_at, last_read_sequence}. Raises PT404 where they do not take part.';
revoke all on function public.mark_conversation_read(uuid, bigint) from public, anon, authenticated, service_role;
grant execute on function public.mark_conversation_read(uuid, bigint) to authenticated;

create function private.delete_conversation(id uuid) returns void
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
begin
    update public.conversations c set deleted_at = now()
    where c.id = id
        and c.deleted_at is null
        and (private.bypasses_row_security() or c.id in (select private.owned_conversation_ids()));
    if found then
        return;
    end if;
    if id in (select private.conversation_ids('viewer')) then
        raise sqlstate 'PT403' using
            message = 'Only an owner of the conversation deletes it', hint = 'To be rid of it, remove yourself from its participants.';
    end if;
    raise sqlstate 'PT404' using
        message = 'There is no such conversation among yours', hint = 'Check the id, and that you take part in it.';
end;
$$;
comment on function private.delete_conversation(uuid) is 'What public.delete_conversation does, with the rights to set deleted_at.';
revoke all on function private.delete_conversation(uuid) from public, anon, authenticated, service_role;
grant execute on function private.delete_conversation(uuid) to authenticated, service_role;

create function public.delete_conversation(p_id uuid) returns void
language sql
set search_path = ''
as $$
    select private.delete_conversation(p_id);
$$;
comment on function public.delete_conversation(uuid) is
    'Deletes a conversation with its messages, for its owners. Returns nothing. Raises PT403 or PT404.';
revoke all on function public.delete_conversation(uuid) from public, anon, authenticated, service_role;
grant execute on function public.delete_conversation(uuid) to authenticated, service_role;

create function private.delete_message(id uuid) returns void
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    message public.messages;
begin
    select m.* into message from public.messages m
    where m.id = id
        and m.deleted_at is null
        and (private.bypasses_row_security() or m.conversation_id in (select private.conversation_ids('viewer')))
    for update;
    if not found then
        raise sqlstate 'PT404' using
            message = 'There is no such message among yours', hint = 'Check the id, and that you take part in its conversation.';
    end if;
    if not (
        private.bypasses_row_security()
        or message.conversation_id in (select private.owned_conversation_ids())
        or (message.user_id = auth.uid() and message.conversation_id in (select private.conversation_ids('member')))
    ) then
        raise sqlstate 'PT403' using
            message = 'Only its author or an owner of the conversation deletes a message', hint = 'Ask one of them.';
    end if;
    delete from public.message_reactions r where r.organization_id = message.organization_id and r.message_id = id;
    update public.messages m set deleted_at = now() where m.id = id;
end;
$$;
comment on function private.delete_message(uuid) is 'What public.delete_message does, with the rights to set deleted_at.';
revoke all on function private.delete_message(uuid) from public, anon, authenticated, service_role;
grant execute on function private.delete_message(uuid) to authenticated, service_role;

create function public.delete_message(p_id uuid) returns void
language sql
set search_path = ''
as $$
    select private.delete_message(p_id);
$$;
comment on function public.delete_message(uuid) is
    'Deletes a message and its reactions, for its author and the conversation''s owners. Returns nothing. Raises PT403 or PT404.';
revoke all on function public.delete_message(uuid) from public, anon, authenticated, service_role;
grant execute on function public.delete_message(uuid) to authenticated, service_role;

-- Realtime holds inserts and updates to the policies, and deletions not: it tells the key of a deleted row to everybody who
-- listens. So what clients delete for good is left out, for its key says who is in which conversation; what is published is
-- deleted softly, by an update. Typing and presence belong to Realtime's Broadcast and Presence.
select private.realtime('public.conversations', 'public.messages');
