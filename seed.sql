-- Development data: three organizations, people in every role, their conversations, documents and a month of usage.
-- `groundwork reset` and `supabase db reset` load it after the migrations. Never load it into production: everybody in
-- it has the password
--
--     groundwork
--
-- | organization        | plan | who                                                                                  |
-- | ------------------- | ---- | ------------------------------------------------------------------------------------ |
-- | Acme (acme)         | team | ada@acme.example owner, grace@acme.example admin,                                    |
-- |                     |      | linus@acme.example member and lead of Engineering,                                   |
-- |                     |      | margaret@acme.example member, in Engineering, alan@acme.example member, in no team,  |
-- |                     |      | vera@acme.example viewer; invited: carol@acme.example                                |
-- | Nimbus Labs (nimbus)| pro  | nora@nimbus.example owner, ned@nimbus.example admin,                                 |
-- |                     |      | nina@nimbus.example member and lead of Research, vic@nimbus.example viewer,          |
-- |                     |      | margaret@acme.example member, in Research                                            |
-- | Corner Bakery       | free | bea@bakery.example owner, ben@bakery.example member                                  |
-- | (corner-bakery)     |      |                                                                                      |
-- | none but their own  |      | sam@stranger.example                                                                 |
--
-- Acme's API key is gw_development-only-key-of-acme-000000000000000, and the token of Carol's invitation (sign up as
-- carol@acme.example to accept it) is gwi_development-only-invitation-for-carol-00.
--
-- People are found by their e-mail address, so that somebody who signed up before keeps their account. Times are
-- relative to the moment of loading. The vectors at the end are written by `python -m groundwork.seed.vectors`.

-- People --------------------------------------------------------------------------------------------

insert into auth.users (
    id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data,
    -- The Auth server reads these as text that is never null.
    confirmation_token, recovery_token, email_change, email_change_token_new, email_change_token_current,
    phone_change, phone_change_token, reauthentication_token,
    created_at, updated_at
)
select
    p.id::uuid, 'authenticated', 'authenticated', p.email,
    -- bcrypt of the password above.
    '$2a$10$tYlbyFNM4X0yyIKBy9I7e.B7PxF8XEpLAb77xLJ.Bu4gDnz4nSutC',
    now() - interval '60 days',
    '{"provider": "email", "providers": ["email"]}',
    jsonb_build_object('sub', p.id, 'email', p.email, 'email_verified', true, 'full_name', p.full_name),
    '', '', '', '', '', '', '', '',
    now() - interval '60 days', now() - interval '60 days'
from (
    values
    ('0a000000-0000-4000-8000-000000000001', 'ada@acme.example', 'Ada Lovelace'),
    ('0a000000-0000-4000-8000-000000000002', 'grace@acme.example', 'Grace Hopper'),
    ('0a000000-0000-4000-8000-000000000003', 'linus@acme.example', 'Linus Pauling'),
    ('0a000000-0000-4000-8000-000000000004', 'margaret@acme.example', 'Margaret Hamilton'),
    ('0a000000-0000-4000-8000-000000000005', 'alan@acme.example', 'Alan Turing'),
    ('0a000000-0000-4000-8000-000000000006', 'vera@acme.example', 'Vera Rubin'),
    ('0a000000-0000-4000-8000-000000000007', 'nora@nimbus.example', 'Nora Barlow'),
    ('0a000000-0000-4000-8000-000000000008', 'ned@nimbus.example', 'Ned Ludd'),
    ('0a000000-0000-4000-8000-000000000009', 'nina@nimbus.example', 'Nina Bari'),
    ('0a000000-0000-4000-8000-000000000010', 'vic@nimbus.example', 'Vic Hislop'),
    ('0a000000-0000-4000-8000-000000000011', 'bea@bakery.example', 'Bea Baker'),
    ('0a000000-0000-4000-8000-000000000012', 'ben@bakery.example', 'Ben Baker'),
    ('0a000000-0000-4000-8000-000000000013', 'sam@stranger.example', 'Sam Stranger')
) p (id, email, full_name)
where not exists (select from auth.users u where lower(u.email) = p.email)
on conflict do nothing;

insert into auth.identities (id, user_id, provider, provider_id, identity_data, last_sign_in_at, created_at, updated_at)
select
    gen_random_uuid(), u.id, 'email', u.id::text,
    jsonb_build_object('sub', u.id, 'email', u.email, 'email_verified', true),
    u.created_at, u.created_at, u.created_at
from auth.users u
where u.id::text like '0a000000-0000-4000-8000-0000000000__'
on conflict do nothing;

-- Hosted Auth looks people up within an instance, which is the nil uuid everywhere, and reads whether they are super admins as
-- a value that is never null; Supabase Lite has neither column.
do $$
declare
    assignment text;
begin
    for assignment in
        select case c.column_name
            when 'instance_id' then 'instance_id = ''00000000-0000-0000-0000-000000000000'''
            else 'is_super_admin = false'
        end
        from information_schema.columns c
        where c.table_schema = 'auth' and c.table_name = 'users' and c.column_name in ('instance_id', 'is_super_admin')
    loop
        execute format(
            'update auth.users set %s where id::text like %L', assignment, '0a000000-0000-4000-8000-0000000000__'
        );
    end loop;
end;
$$;

-- Profiles, preferences and personal organizations were made by the triggers of sign-up.
update public.user_profiles p set job_title = j.job_title, bio = j.bio
from (
    values
    ('ada@acme.example', 'Founder', 'Writes notes that are longer than the machine.'),
    ('grace@acme.example', 'Operations', 'Keeps the moth in the log book.'),
    ('linus@acme.example', 'Engineering lead', 'Bonds well.'),
    ('margaret@acme.example', 'Engineer', 'Wrote the software that landed.'),
    ('alan@acme.example', 'Customer support', null),
    ('vera@acme.example', 'Auditor', null),
    ('nora@nimbus.example', 'Chief executive', null),
    ('nina@nimbus.example', 'Research lead', null),
    ('bea@bakery.example', 'Baker', null)
) j (email, job_title, bio)
join auth.users u on u.email = j.email
where p.user_id = u.id;

update public.user_preferences p set language = l.language, time_zone = l.time_zone, theme = l.theme
from (
    values
    ('ada@acme.example', 'en-GB', 'Europe/London', 'dark'),
    ('nora@nimbus.example', 'en', 'America/New_York', 'light'),
    ('nina@nimbus.example', 'en-IN', 'Asia/Kolkata', 'system'),
    ('bea@bakery.example', 'de', 'Europe/Berlin', 'light')
) l (email, language, time_zone, theme)
join auth.users u on u.email = l.email
where p.user_id = u.id;

insert into public.user_sessions (user_id, device_name, user_agent, ip_address, created_at, last_active_at, expires_at)
select u.id, s.device, s.agent, s.address::inet, now() - s.age, now() - s.idle, now() - s.age + interval '30 days'
from (
    values
    ('ada@acme.example', 'Laptop', 'Mozilla/5.0 (X11; Linux x86_64)', '192.0.2.10', interval '3 days', interval '1 hour'),
    ('ada@acme.example', 'Phone', 'Mozilla/5.0 (Mobile)', '192.0.2.11', interval '29 days', interval '2 days'),
    ('linus@acme.example', 'Workstation', 'Mozilla/5.0 (Macintosh)', '192.0.2.12', interval '40 days', interval '35 days')
) s (email, device, agent, address, age, idle)
join auth.users u on u.email = s.email;

insert into public.user_notifications (user_id, type, title, body, read_at, created_at)
select u.id, n.type, n.title, n.body, now() - n.age + n.read_after, now() - n.age
from (
    values
    ('ada@acme.example', 'welcome', 'Welcome to Acme', 'Invite your colleagues from the settings.', interval '58 days', interval '1 hour'),
    ('ada@acme.example', 'report', 'Your weekly report is ready', null, interval '1 day', null),
    ('margaret@acme.example', 'mention', 'Linus mentioned you', 'In Launch planning.', interval '3 hours', null)
) n (email, type, title, body, age, read_after)
join auth.users u on u.email = n.email;

-- Organizations -------------------------------------------------------------------------------------

insert into public.organizations (id, name, slug, plan_type, time_zone, created_by, created_at)
select o.id::uuid, o.name, o.slug, o.plan::public.plan_type, o.time_zone, u.id, now() - interval '59 days'
from (
    values
    ('0b000000-0000-4000-8000-000000000001', 'Acme', 'acme', 'team', 'Europe/London', 'ada@acme.example'),
    ('0b000000-0000-4000-8000-000000000002', 'Nimbus Labs', 'nimbus', 'pro', 'Asia/Kolkata', 'nora@nimbus.example'),
    ('0b000000-0000-4000-8000-000000000003', 'Corner Bakery', 'corner-bakery', 'free', 'Europe/Berlin', 'bea@bakery.example')
) o (id, name, slug, plan, time_zone, owner)
join auth.users u on u.email = o.owner
on conflict do nothing;

-- Whoever created an organization is its owner already.
insert into public.organization_members (organization_id, user_id, role, added_by, created_at)
select o.id, u.id, m.role::public.organization_role, o.created_by, now() - interval '58 days'
from (
    values
    ('acme', 'grace@acme.example', 'admin'),
    ('acme', 'linus@acme.example', 'member'),
    ('acme', 'margaret@acme.example', 'member'),
    ('acme', 'alan@acme.example', 'member'),
    ('acme', 'vera@acme.example', 'viewer'),
    ('nimbus', 'ned@nimbus.example', 'admin'),
    ('nimbus', 'nina@nimbus.example', 'member'),
    ('nimbus', 'margaret@acme.example', 'member'),
    ('nimbus', 'vic@nimbus.example', 'viewer'),
    ('corner-bakery', 'ben@bakery.example', 'member')
) m (slug, email, role)
join public.organizations o on o.slug = m.slug
join auth.users u on u.email = m.email
on conflict do nothing;

insert into public.teams (organization_id, id, name, description, created_by, created_at)
select o.id, t.id::uuid, t.name, t.description, o.created_by, now() - interval '57 days'
from (
    values
    ('acme', '0c000000-0000-4000-8000-000000000001', 'Engineering', 'Builds and runs the product.'),
    ('acme', '0c000000-0000-4000-8000-000000000002', 'Support', 'Answers customers.'),
    ('nimbus', '0c000000-0000-4000-8000-000000000003', 'Research', 'Finds out what comes next.')
) t (slug, id, name, description)
join public.organizations o on o.slug = t.slug
on conflict do nothing;

insert into public.team_members (team_id, user_id, role)
select t.id, u.id, m.role::public.team_role
from (
    values
    ('0c000000-0000-4000-8000-000000000001', 'linus@acme.example', 'lead'),
    ('0c000000-0000-4000-8000-000000000001', 'margaret@acme.example', 'member'),
    ('0c000000-0000-4000-8000-000000000002', 'grace@acme.example', 'lead'),
    ('0c000000-0000-4000-8000-000000000003', 'nina@nimbus.example', 'lead'),
    ('0c000000-0000-4000-8000-000000000003', 'margaret@acme.example', 'member')
) m (team_id, email, role)
join public.teams t on t.id = m.team_id::uuid
join auth.users u on u.email = m.email
on conflict do nothing;

insert into public.organization_invitations (organization_id, email, role, team_id, token_hash, invited_by)
select
    o.id, 'carol@acme.example', 'member', '0c000000-0000-4000-8000-000000000002',
    sha256(convert_to('gwi_development-only-invitation-for-carol-00', 'UTF8')), o.created_by
from public.organizations o
where o.slug = 'acme'
on conflict do nothing;

insert into public.organization_api_keys (
    organization_id, id, name, key_prefix, key_hash, scopes, created_by, created_at, last_used_at
)
select
    o.id, '0d000000-0000-4000-8000-000000000001', 'Website assistant', 'gw_develo',
    sha256(convert_to('gw_development-only-key-of-acme-000000000000000', 'UTF8')),
    array['chat:write', 'search:read'], o.created_by, now() - interval '30 days', now() - interval '2 hours'
from public.organizations o
where o.slug = 'acme'
on conflict do nothing;

-- Conversations ---------------------------------------------------------------------------------------

insert into public.conversations (organization_id, id, title, type, created_by, created_at)
select o.id, c.id::uuid, c.title, c.type::public.conversation_type, u.id, now() - c.age
from (
    values
    ('acme', '0e000000-0000-4000-8000-000000000001', 'Launch planning', 'group', 'ada@acme.example', interval '9 days'),
    ('acme', '0e000000-0000-4000-8000-000000000002', 'How do we deploy?', 'assistant', 'margaret@acme.example', interval '2 days'),
    ('acme', '0e000000-0000-4000-8000-000000000003', null, 'direct', 'linus@acme.example', interval '4 hours'),
    ('nimbus', '0e000000-0000-4000-8000-000000000004', 'Reading group', 'group', 'nina@nimbus.example', interval '5 days'),
    ('corner-bakery', '0e000000-0000-4000-8000-000000000005', 'Brot für Montag', 'assistant', 'bea@bakery.example', interval '1 day')
) c (slug, id, title, type, creator, age)
join public.organizations o on o.slug = c.slug
join auth.users u on u.email = c.creator
on conflict do nothing;

-- Whoever created a conversation takes part already.
insert into public.conversation_participants (conversation_id, user_id, added_by)
select c.id, u.id, c.created_by
from (
    values
    ('0e000000-0000-4000-8000-000000000001', 'grace@acme.example'),
    ('0e000000-0000-4000-8000-000000000001', 'linus@acme.example'),
    ('0e000000-0000-4000-8000-000000000001', 'margaret@acme.example'),
    ('0e000000-0000-4000-8000-000000000001', 'vera@acme.example'),
    ('0e000000-0000-4000-8000-000000000003', 'margaret@acme.example'),
    ('0e000000-0000-4000-8000-000000000004', 'margaret@acme.example'),
    ('0e000000-0000-4000-8000-000000000004', 'vic@nimbus.example')
) p (conversation_id, email)
join public.conversations c on c.id = p.conversation_id::uuid
join auth.users u on u.email = p.email;

-- An author of null is the assistant. The trigger numbers the messages in the order of insertion.
insert into public.messages (id, conversation_id, user_id, role, content, model_name)
select
    m.id::uuid, c.id, u.id,
    case when m.author is null then 'assistant' else 'user' end::public.message_role,
    m.content,
    case when m.author is null then 'gpt-4o-mini' end
from (
    values
    (1, '0f000000-0000-4000-8000-000000000001', '0e000000-0000-4000-8000-000000000001', 'ada@acme.example', 'The launch is on the first Tuesday of next month. What is still open?'),
    (2, '0f000000-0000-4000-8000-000000000002', '0e000000-0000-4000-8000-000000000001', 'linus@acme.example', 'The load test. @Margaret has the numbers on Thursday.'),
    (3, '0f000000-0000-4000-8000-000000000003', '0e000000-0000-4000-8000-000000000001', 'margaret@acme.example', 'Search holds at four times of today''s traffic, sign-up at ten times.'),
    (4, '0f000000-0000-4000-8000-000000000004', '0e000000-0000-4000-8000-000000000001', 'grace@acme.example', 'Then only the status page is left. I will do it tomorrow.'),
    (5, '0f000000-0000-4000-8000-000000000005', '0e000000-0000-4000-8000-000000000001', 'ada@acme.example', 'Good. We launch.'),
    (6, '0f000000-0000-4000-8000-000000000006', '0e000000-0000-4000-8000-000000000002', 'margaret@acme.example', 'How do I roll a deployment back?'),
    (7, '0f000000-0000-4000-8000-000000000007', '0e000000-0000-4000-8000-000000000002', null, 'Run `deploy rollback` with the number of the last good release, as the deployment runbook says. It takes about a minute; watch the error rate until it is below one in a thousand.'),
    (8, '0f000000-0000-4000-8000-000000000008', '0e000000-0000-4000-8000-000000000002', 'margaret@acme.example', 'And if a migration ran in between?'),
    (9, '0f000000-0000-4000-8000-000000000009', '0e000000-0000-4000-8000-000000000002', null, 'Migrations only add, so the older release works with the newer schema. Do not revert the migration.'),
    (10, '0f000000-0000-4000-8000-000000000010', '0e000000-0000-4000-8000-000000000003', 'linus@acme.example', 'Can you look at ERR_1042 today? Two customers reported it.'),
    (11, '0f000000-0000-4000-8000-000000000011', '0e000000-0000-4000-8000-000000000004', 'nina@nimbus.example', 'This week: retrieval under access control. Please read it until Friday.'),
    (12, '0f000000-0000-4000-8000-000000000012', '0e000000-0000-4000-8000-000000000004', 'margaret@acme.example', 'Section 3 is the one to read; the rest is known.'),
    (13, '0f000000-0000-4000-8000-000000000013', '0e000000-0000-4000-8000-000000000005', 'bea@bakery.example', 'Wie viel Mehl brauche ich für vierzig Roggenbrote?'),
    (14, '0f000000-0000-4000-8000-000000000014', '0e000000-0000-4000-8000-000000000005', null, 'Zwanzig Kilogramm: zwölf Roggenmehl und acht Weizenmehl, dazu vierzehn Liter Wasser.')
) m (number, id, conversation_id, author, content)
join public.conversations c on c.id = m.conversation_id::uuid
left join auth.users u on u.email = m.author
order by m.number
on conflict do nothing;

-- A message was written five minutes after the one before it, not all at the moment of loading.
update public.messages m set created_at = c.created_at + m.sequence * interval '5 minutes'
from public.conversations c
where c.id = m.conversation_id and m.id::text like '0f000000-0000-4000-8000-0000000000__';

update public.conversations c set last_message_at = m.created_at
from public.messages m
where m.conversation_id = c.id and m.sequence = c.last_sequence and c.id::text like '0e000000-0000-4000-8000-0000000000__';

-- Everybody has read what they wrote and what came before it.
update public.conversation_participants p set last_read_sequence = w.sequence, last_read_at = w.created_at
from (
    select distinct on (m.conversation_id, m.user_id) m.conversation_id, m.user_id, m.sequence, m.created_at
    from public.messages m
    where m.id::text like '0f000000-0000-4000-8000-0000000000__' and m.user_id is not null
    order by m.conversation_id, m.user_id, m.sequence desc
) w
where p.conversation_id = w.conversation_id and p.user_id = w.user_id;

insert into public.message_reactions (message_id, user_id, reaction)
select m.id, u.id, r.reaction
from (
    values
    ('0f000000-0000-4000-8000-000000000003', 'ada@acme.example', '🎉'),
    ('0f000000-0000-4000-8000-000000000003', 'linus@acme.example', '🎉'),
    ('0f000000-0000-4000-8000-000000000005', 'grace@acme.example', '🚀')
) r (message_id, email, reaction)
join public.messages m on m.id = r.message_id::uuid
join auth.users u on u.email = r.email
on conflict do nothing;

-- Documents -------------------------------------------------------------------------------------------

insert into public.document_collections (organization_id, id, name, description, visibility, team_id, language, created_by)
select o.id, c.id::uuid, c.name, c.description, c.visibility::public.visibility, c.team_id::uuid, c.language, u.id
from (
    values
    ('acme', '0c100000-0000-4000-8000-000000000001', 'Handbook', 'What everybody at Acme should know.', 'organization', null, 'english', 'grace@acme.example'),
    ('acme', '0c100000-0000-4000-8000-000000000002', 'Runbooks', 'How the product is run.', 'team', '0c000000-0000-4000-8000-000000000001', 'english', 'linus@acme.example'),
    ('acme', '0c100000-0000-4000-8000-000000000003', 'Board notes', null, 'private', null, 'english', 'ada@acme.example'),
    ('nimbus', '0c100000-0000-4000-8000-000000000004', 'Product guide', 'What customers read.', 'organization', null, 'english', 'ned@nimbus.example'),
    ('nimbus', '0c100000-0000-4000-8000-000000000005', 'Papers', null, 'team', '0c000000-0000-4000-8000-000000000003', 'english', 'nina@nimbus.example'),
    ('corner-bakery', '0c100000-0000-4000-8000-000000000006', 'Rezepte', null, 'organization', null, 'german', 'bea@bakery.example')
) c (slug, id, name, description, visibility, team_id, language, creator)
join public.organizations o on o.slug = c.slug
join auth.users u on u.email = c.creator
on conflict do nothing;

-- Organization and visibility are the collection's, unless the document names its own.
insert into public.documents (id, collection_id, title, visibility, mime_type, created_by, created_at)
select d.id::uuid, c.id, d.title, d.visibility::public.visibility, 'text/plain', u.id, now() - d.age
from (
    values
    ('0d100000-0000-4000-8000-000000000001', '0c100000-0000-4000-8000-000000000001', 'Working hours and leave', null, 'grace@acme.example', interval '50 days'),
    ('0d100000-0000-4000-8000-000000000002', '0c100000-0000-4000-8000-000000000001', 'Expenses and travel', null, 'grace@acme.example', interval '48 days'),
    ('0d100000-0000-4000-8000-000000000003', '0c100000-0000-4000-8000-000000000001', 'Information security', null, 'grace@acme.example', interval '45 days'),
    ('0d100000-0000-4000-8000-000000000004', '0c100000-0000-4000-8000-000000000002', 'Deployment', null, 'linus@acme.example', interval '30 days'),
    ('0d100000-0000-4000-8000-000000000005', '0c100000-0000-4000-8000-000000000002', 'Incidents', null, 'margaret@acme.example', interval '25 days'),
    ('0d100000-0000-4000-8000-000000000006', '0c100000-0000-4000-8000-000000000003', 'Notes of the spring meeting', null, 'ada@acme.example', interval '20 days'),
    ('0d100000-0000-4000-8000-000000000007', '0c100000-0000-4000-8000-000000000002', 'My notes on ERR_1042', 'private', 'margaret@acme.example', interval '1 day'),
    ('0d100000-0000-4000-8000-000000000008', '0c100000-0000-4000-8000-000000000004', 'Getting started with Nimbus', null, 'ned@nimbus.example', interval '40 days'),
    ('0d100000-0000-4000-8000-000000000009', '0c100000-0000-4000-8000-000000000004', 'Billing questions', null, 'ned@nimbus.example', interval '38 days'),
    ('0d100000-0000-4000-8000-000000000010', '0c100000-0000-4000-8000-000000000005', 'Retrieval under access control', null, 'nina@nimbus.example', interval '6 days'),
    ('0d100000-0000-4000-8000-000000000011', '0c100000-0000-4000-8000-000000000006', 'Roggenbrot', null, 'bea@bakery.example', interval '35 days'),
    ('0d100000-0000-4000-8000-000000000012', '0c100000-0000-4000-8000-000000000001', 'Scan of the lease', null, 'grace@acme.example', interval '10 minutes')
) d (id, collection_id, title, visibility, creator, age)
join public.document_collections c on c.id = d.collection_id::uuid
join auth.users u on u.email = d.creator
on conflict do nothing;

-- (document, index, text): the number of the document is the end of its id.
insert into public.document_chunks (id, document_id, chunk_index, content)
select
    ('0e100000-0000-4000-8000-0000' || lpad(k.document::text, 4, '0') || lpad(k.chunk_index::text, 4, '0'))::uuid,
    d.id, k.chunk_index, k.content
from (
    values
    (1, 0, 'Our core hours are ten to three, in your own time zone. Outside of them work when it suits you, and write down in the calendar when you are away so that nobody waits for an answer.'),
    (1, 1, 'Everybody has twenty-eight days of paid leave a year, public holidays not counted. Ask your lead two weeks ahead for more than three days. Unused leave of up to five days moves on to the next year.'),
    (1, 2, 'When you are ill, tell your team before ten in the morning and rest. A doctor''s note is needed from the fourth day on. Parents of a newborn child have sixteen weeks of full pay, whatever their gender.'),
    (2, 0, 'Book travel by train where the journey takes less than five hours. Flights are economy class, and hotels cost up to 160 euros a night; more needs the approval of your lead before you book.'),
    (2, 1, 'Hand in receipts within thirty days with the form EXP-7. Meals with customers are refunded when the names of the guests are on the receipt. Refunds are paid with the next salary.'),
    (2, 2, 'Every employee may spend 1,200 euros a year on books, courses and conferences without asking. Tell the others what you have learned in a short note or a lunch talk.'),
    (3, 0, 'Use the password manager for every account and switch on two-factor authentication with a hardware key. Never send a password by chat or e-mail, not even to a colleague.'),
    (3, 1, 'Customer data stays in the production network. Do not copy it to a laptop, and use the anonymised data set for tests. Access to production is granted for eight hours at a time and is logged.'),
    (3, 2, 'A lost laptop or phone, a suspicious attachment, a secret in a public repository: report it at once in the channel security, at any hour. Nobody is blamed for reporting their own mistake.'),
    (4, 0, 'A release is built from the main branch after the tests pass. Start it with deploy release and wait for the canary: it serves five per cent of the traffic for ten minutes before the rest follows.'),
    (4, 1, 'To roll back, run deploy rollback with the number of the last good release. It takes about a minute. Watch the error rate until it is below one in a thousand, then tell the channel releases.'),
    (4, 2, 'Database migrations run before the new code and may only add. Columns are dropped one release after the last code that reads them. So an older release works with a newer schema, and a rollback needs no migration.'),
    (5, 0, 'Whoever notices an outage opens an incident and becomes its commander until somebody takes over. The commander does not debug: they ask, decide, and write an update on the status page every twenty minutes.'),
    (5, 1, 'ERR_1042 means that the session store did not answer within two seconds. Check the connection pool with getPoolStats() first; restarting the store without draining it signs everybody out.'),
    (5, 2, 'Within five days after an incident we write a review without blame: what happened, what made it worse, what will be changed, and who does it. Reviews are read by the whole company.'),
    (6, 0, 'The board approved the budget for next year with two more engineers and one more person in support. Revenue grew by thirty-one per cent against the year before; the margin fell slightly because of model costs.'),
    (6, 1, 'Investors asked for a plan to cut the cost of inference by half. Options are smaller models for simple questions, caching of answers, and prepaid capacity. A decision is due in September.'),
    (7, 0, 'ERR_1042 shows up when the nightly export runs: it takes sixty connections and never gives them back. Pool size is eighty. Suspect: the cursor in export_sessions is not closed when a page is empty.'),
    (8, 0, 'Create a project, copy its key, and send your first question with a single request. The quickstart takes five minutes and needs no credit card; the free tier has one thousand questions a month.'),
    (8, 1, 'Upload documents as PDF, Word or Markdown of up to fifty megabytes. They are split into passages and can be searched after a few seconds. Deleting a document removes its passages at once.'),
    (8, 2, 'Invite colleagues under Settings, People. Viewers read, members create, admins manage people and keys. A project can have any number of viewers at no extra cost.'),
    (9, 0, 'Invoices are sent on the first day of the month and list the tokens used per model. You can pay by card or by bank transfer; annual plans get two months for free.'),
    (9, 1, 'When the monthly budget is used up, requests are refused with status 402 until the next month begins or an admin raises the limit. Nothing is charged beyond the budget.'),
    (9, 2, 'To cancel, choose Billing, Cancel plan. Your data can be exported for thirty days afterwards and is then erased. Unused prepaid credit is paid back within two weeks.'),
    (10, 0, 'Approximate nearest neighbour indexes filter after the walk through the graph. When a reader may see one passage in a thousand, the walk returns neighbours that are nearly all forbidden, and the result is short or empty.'),
    (10, 1, 'Partitioning the vectors by tenant makes the walk stay among permitted neighbours. Small tenants are scanned exactly, which is both faster and complete; large ones have a graph of their own.'),
    (10, 2, 'The time that a query takes can tell a reader about documents that they may not see. We measure this leak and show that it vanishes when the candidates are restricted before the ranking.'),
    (11, 0, 'Für ein Roggenbrot von 800 Gramm: 300 Gramm Roggenmehl, 200 Gramm Weizenmehl, 350 Milliliter Wasser, 100 Gramm Sauerteig und zehn Gramm Salz. Der Sauerteig wird am Vorabend angesetzt.'),
    (11, 1, 'Den Teig zehn Minuten kneten, drei Stunden bei 26 Grad gehen lassen, formen und noch einmal eine Stunde ruhen lassen. Bei 250 Grad mit Dampf anbacken, nach zehn Minuten auf 200 Grad zurückschalten.')
) k (document, chunk_index, content)
join public.documents d on d.id = ('0d100000-0000-4000-8000-' || lpad(k.document::text, 12, '0'))::uuid
on conflict do nothing;

update public.documents d set content = k.content
from (
    select c.document_id, string_agg(c.content, e'\n\n' order by c.chunk_index) as content
    from public.document_chunks c
    where c.document_id::text like '0d100000-0000-4000-8000-0000000000__'
    group by c.document_id
) k
where d.id = k.document_id;

-- Every document is processed but the last one, which is still being read.
insert into public.document_processing_status (
    organization_id, document_id, status, stage, chunks_total, chunks_completed, attempts, started_at, completed_at
)
select
    d.organization_id, d.id,
    case when k.chunks > 0 then 'completed' else 'processing' end::public.processing_status,
    case when k.chunks > 0 then 'done' else 'extracting' end,
    nullif(k.chunks, 0), k.chunks, 1, d.created_at,
    case when k.chunks > 0 then d.created_at + interval '4 seconds' end
from public.documents d
cross join lateral (
    select count(*)::integer as chunks from public.document_chunks c where c.document_id = d.id
) k
where d.id::text like '0d100000-0000-4000-8000-0000000000__'
on conflict do nothing;

-- Usage -----------------------------------------------------------------------------------------------

insert into public.model_pricing (
    model_name, input_per_million, cached_input_per_million, output_per_million, valid_from
)
values
('gpt-4', 30, null, 60, '2025-01-01'),
('gpt-4o', 2.5, 1.25, 10, '2025-01-01'),
('gpt-4o-mini', 0.15, 0.075, 0.6, '2025-01-01'),
('text-embedding-3-small', 0.02, null, 0, '2025-01-01')
on conflict do nothing;

-- What billing grants by the plan, and a limit that Acme's admins set for themselves.
insert into public.usage_quotas (organization_id, kind, scope, metric, period, limit_value, created_by)
select
    o.id, q.kind::public.quota_kind, q.scope::public.quota_scope, q.metric::public.quota_metric,
    q.period::public.quota_period, q.limit_value, case when q.kind = 'organization' then o.created_by end
from (
    values
    ('acme', 'plan', 'organization', 'cost', 'month', 500),
    ('acme', 'plan', 'organization', 'requests', 'minute', 600),
    ('acme', 'organization', 'user', 'cost', 'day', 20),
    ('nimbus', 'plan', 'organization', 'tokens', 'month', 20000000),
    ('nimbus', 'plan', 'organization', 'requests', 'minute', 120),
    ('corner-bakery', 'plan', 'organization', 'tokens', 'day', 100000),
    ('corner-bakery', 'plan', 'organization', 'requests', 'minute', 20)
) q (slug, kind, scope, metric, period, limit_value)
join public.organizations o on o.slug = q.slug
on conflict do nothing;

-- A month of calls, more on some days than on others, the same in every database: chance is a hash of day and caller.
-- They stand in the ledger as record_api_usage would have put them there.
insert into public.api_usage (
    organization_id, user_id, api_key_id, endpoint, model_name, tokens_input, tokens_cached, tokens_output,
    cost_usd, pricing_id, request_id, reported_by_client, created_at, recorded_at
)
select
    c.organization_id, c.user_id, c.api_key_id, c.endpoint, c.model_name, c.tokens_input, c.tokens_cached, c.tokens_output,
    private.usage_cost(price, c.tokens_input, c.tokens_cached, c.tokens_output), (price).id,
    c.request_id, false, c.created_at, c.created_at
from (
    select
        o.id as organization_id, u.id as user_id, k.id as api_key_id, w.endpoint, w.model_name,
        200 + chance % 1800 as tokens_input,
        case when w.endpoint = '/chat/completions' then chance % 200 else 0 end as tokens_cached,
        case when w.endpoint = '/embeddings' then 0 else 50 + chance / 7 % 700 end as tokens_output,
        format('seed-%s-%s-%s', w.number, d.day, n.number) as request_id,
        now() - make_interval(days => d.day, secs => chance % 86000) as created_at
    from (
        values
        (1, 'acme', 'ada@acme.example', null, '/chat/completions', 'gpt-4', 3),
        (2, 'acme', 'grace@acme.example', null, '/chat/completions', 'gpt-4o', 4),
        (3, 'acme', 'linus@acme.example', null, '/chat/completions', 'gpt-4o', 8),
        (4, 'acme', 'linus@acme.example', null, '/embeddings', 'text-embedding-3-small', 3),
        (5, 'acme', 'margaret@acme.example', null, '/chat/completions', 'gpt-4o-mini', 6),
        (6, 'acme', null, '0d000000-0000-4000-8000-000000000001', '/chat/completions', 'gpt-4o-mini', 9),
        (7, 'nimbus', 'nina@nimbus.example', null, '/chat/completions', 'gpt-4o', 7),
        (8, 'nimbus', 'margaret@acme.example', null, '/chat/completions', 'gpt-4o', 2),
        (9, 'nimbus', 'ned@nimbus.example', null, '/embeddings', 'text-embedding-3-small', 2),
        (10, 'corner-bakery', 'bea@bakery.example', null, '/chat/completions', 'gpt-4o-mini', 2)
    ) w (number, slug, email, api_key_id, endpoint, model_name, most_a_day)
    join public.organizations o on o.slug = w.slug
    left join auth.users u on u.email = w.email
    left join public.organization_api_keys k on k.id = w.api_key_id::uuid
    cross join generate_series(0, 29) d (day)
    cross join lateral generate_series(
        1, (abs(hashtextextended(format('%s/%s', w.number, d.day), 0)) % (w.most_a_day + 1))::integer
    ) n (number)
    cross join lateral (
        select (abs(hashtextextended(format('%s/%s/%s', w.number, d.day, n.number), 0)) % 1000000)::integer
    ) r (chance)
) c
cross join lateral (
    select p as price
    from public.model_pricing p
    where p.model_name = c.model_name and p.valid_from <= c.created_at and p.superseded_at is null
    order by p.valid_from desc
    limit 1
) priced;

-- The calls of last month have no partition yet. The jobs that run every hour would do both.
select private.ensure_usage_partitions();
-- To all summaries, and to the quotas that were set before there was any usage.
select public.aggregate_usage_summary('month');
select private.rebuild_usage_counters(o.id)
from public.organizations o
where o.slug in ('acme', 'nimbus', 'corner-bakery')
order by o.slug;

-- Embeddings --------------------------------------------------------------------------------------------
-- Of the texts above by intfloat/multilingual-e5-small, as passages. Written by `python -m groundwork.seed.vectors`,
-- which reads the texts from this file: run it after changing one. A test notices when it was forgotten.

update public.document_chunks c set embedding = v.embedding::extensions.vector, token_count = v.tokens
from (
    values
    (1, 0, 49, '[-.0186,-.0276,-.0251,-.0195,.0527,.0067,-.0332,.0466,.1029,-.0104,.0374,.0043,.0666,-.0169,-.0528,.0633,.0471,-.0476,-.0480,-.0287,.0062,-.0082,-.0611,.0755,.0513,.0479,-.0090,.0465,.0226,-.0975,-.0448,-.0454,.0337,-.0741,.0301,.0235,-.0479,-.0417,.0798,-.0727,-.0363,.0429,.0251,.0403,.0165,.0954,-.0725,.0350,-.0138,-.0237,-.0517,.0343,.0227,.0874,.0192,-.0784,-.0784,-.0598,-.0554,.0457,.0760,-.0371,.0397,.0073,.0802,.0930,.0644,.0730,-.0757,.0172,-.0540,.0426,.0521,-.0298,-.0380,.0303,.0363,-.0597,-.0030,-.0294,-.0706,.0016,-.0543,.0091,-.0841,.0612,.0398,-.0556,.0636,-.0556,.0866,.0168,-.0547,-.0672,-.0480,-.0567,-.0643,.0246,.0713,-.0454,.0437,-.0320,.0604,-.0333,-.0086,.0158,.0457,-.0720,.0606,-.0381,-.0817,.0185,.0660,.0292,-.0209,-.0264,-.0333,-.0459,.0027,-.0476,.0308,-.0614,-.0218,-.0949,-.0557,-.0408,.0415,.0553,.0198,.0216,.0396,.0244,.0369,.0399,.0148,.0613,-.0056,-.0249,.0052,.0156,-.0722,.0889,-.0347,.0845,.0611,.0756,.0449,-.0282,.0527,-.0379,.0203,-.0267,.0838,.0590,.0120,-.0462,-.1101,-.0377,.0241,.0425,-.0405,-.0560,-.0858,-.0427,-.0421,.0062,.0085,.0709,-.0253,-.0469,-.0650,.0069,-.0512,.0442,.0072,.0446,-.0413,.0411,.0543,.0256,-.0512,-.0332,-.0177,-.0307,-.0507,-.0377,-.0043,.0239,.0341,-.0265,-.0191,.0460,-.0521,-.0206,-.0489,.0007,-.0690,.0478,.0644,.0258,-.0493,-.0284,.0547,.0417,-.0278,-.0141,-.0168,.0404,-.0393,.0357,.0681,-.0644,-.0710,.0745,.0323,-.0465,-.0232,.0905,-.0212,.0362,.0539,-.0102,.0403,-.0878,-.0809,.0147,.0368,-.0808,-.0395,.0518,-.0429,-.0501,-.0426,-.1259,-.0133,-.0650,-.0237,.0685,.0385,-.0431,-.0799,-.0445,.0298,-.0346,.0942,-.0599,.0198,.0048,.0043,-.0083,.0348,-.0445,-.0673,-.0426,-.0228,.0813,.0631,.1065,-.0331,.0327,.0201,-.0053,.1174,.0302,.0210,.0121,-.0558,-.0208,-.0652,-.0560,-.0479,-.0088,.0287,-.0879,-.1000,-.0743,.0177,.0825,-.0079,-.0250,.0214,.0316,.0235,.0921,.0557,-.0033,.0099,.0530,-.0330,-.0566,.0288,-.0667,.0672,.0021,.0912,.0350,.0066,.0837,-.0356,.0557,.0041,-.0375,.0341,.0078,-.0886,.0248,-.0029,.0485,.0304,.0012,.0757,.0135,-.0418,-.0565,.0466,.0870,-.0155,.0494,-.0363,-.0433,-.0561,-.0714,.0018,-.0366,.0321,.0472,-.0745,-.0512,.0333,.0007,.0200,-.0415,-.0118,.0577,-.0712,.0010,-.0455,.0826,-.0706,-.0713,.0079,-.0370,-.0478,.0656,-.0466,-.0646,.0429,-.0479,-.0376,.0154,.1109,-.0865,-.0092,.0942,-.0169,.0851,-.0181,-.0070,.0571,.0526,-.0380,.0008,.0478,.0739,.0733,.0596,.0015,.0216,.0308,-.0846,.0703,.0346,-.0696,-.0056,-.0272,-.0643,-.0474,.0821,-.0571,-.0874,.0194,.0954,.0314,.0742]'),
    (1, 1, 53, '[.0139,.0245,-.0354,-.0162,.0740,-.0287,-.0291,.0053,.0967,-.0021,.0263,.0347,.0401,-.0398,-.0425,.0618,.0277,-.0556,-.0092,-.0388,-.0046,.0079,-.0268,.0623,.0732,.0205,-.0031,.0306,.0086,-.1011,-.0426,-.0555,-.0257,-.0900,.0242,.0151,-.0570,-.0615,.0332,-.0356,-.0136,.0533,.0311,.0349,.0338,.0474,-.0456,.0401,-.0350,-.0369,-.0212,.0524,.0305,.0628,.0138,-.0622,-.0488,-.0895,-.0766,.0643,.0730,-.0513,-.0200,.0050,.0446,.0983,.0763,.0588,-.0416,.0289,-.0448,.0516,-.0109,-.0428,-.0092,.0147,.0278,-.0732,.0225,-.0452,-.0607,-.0392,-.0252,-.0087,-.0633,.0713,.0168,-.0685,.0743,-.0376,.0930,.0498,-.0389,-.0594,-.0544,-.0454,-.0256,.0240,.0869,-.0032,.0575,-.0343,.0717,-.0936,-.0537,.0447,.0197,-.0572,.0858,-.0507,-.0507,.0420,.0681,.0570,-.0321,-.0153,-.0108,-.1039,.0289,-.0215,.0399,-.0565,-.0627,-.0602,-.0568,-.0035,.0239,.0254,-.0490,.0293,-.0024,.0404,.0141,.0130,.0602,.0813,-.0365,-.0131,.0061,-.0259,-.0814,.0595,-.0262,.0745,.0396,.0850,.0747,-.0120,.0824,-.0481,.0705,-.0464,.0664,.0310,.0061,-.0136,-.0789,-.0503,.0291,.0581,-.0267,-.0765,-.0344,-.0155,-.0698,-.0401,.0179,.0351,-.0144,-.0586,-.0582,.0123,-.0776,.0413,-.0061,.0658,-.0487,-.0119,.0645,.0622,-.0380,-.0593,-.0638,-.0496,-.0394,-.0711,-.0399,.0222,.0317,-.0299,.0053,.0654,-.0561,.0120,-.0448,.0236,-.0474,.0734,.0729,.0311,-.0026,-.0198,.0718,.0461,.0087,-.0167,-.0056,.0511,-.0209,.0491,.0473,-.0868,-.0757,.0532,.0406,-.0687,-.0205,.0779,-.0261,.0217,.0414,-.0056,.0118,-.1104,-.0687,.0360,.0021,-.0644,.0142,.0652,-.0351,-.0650,-.0204,-.0836,-.0152,-.0468,-.0021,.0273,.0499,-.0517,-.0213,-.0157,.0372,-.0508,.0600,-.0854,-.0177,-.0034,.0120,-.0344,.0291,-.0739,-.0863,-.0419,.0022,.0640,.0613,.0975,-.0433,.0422,.0134,-.0092,.1221,.0258,.0131,-.0097,-.0547,-.0125,-.0442,-.0390,-.0423,-.0132,.0340,-.0540,-.1547,-.0490,.0231,.0564,-.0558,-.0602,.0296,.0597,.0166,.0863,.0662,.0188,-.0170,.0353,-.0705,-.0669,.0297,-.0340,.0813,.0008,.0814,.0255,.0215,.0672,-.0751,-.0072,-.0256,-.0348,.0175,.0303,-.0969,.0208,.0291,.0114,.0545,.0271,.0604,.0495,-.0349,-.0443,.0669,.1053,-.0227,.0737,-.0053,-.0866,-.0335,-.0435,-.0039,-.0624,.0516,.0516,-.0504,-.0700,.0550,-.0177,.0541,-.0177,-.0328,.0765,-.0444,.0265,-.0317,.0776,-.0160,-.0344,.0258,.0416,.0020,.0551,-.0582,-.0618,.0677,-.0621,-.0505,.0069,.0899,-.0892,.0067,.0377,-.0572,.0401,-.0145,.0082,.0968,.0399,-.0700,-.0341,.0462,.0675,.1053,.0759,-.0023,.0062,.0513,-.0438,.0694,.0406,-.0630,-.0072,-.0494,-.0847,-.0880,.0570,-.0497,-.0791,.0435,.0670,-.0003,.0730]'),
    (1, 2, 53, '[.0024,.0118,-.0677,-.0535,.0734,-.0221,-.0319,.0623,.1052,.0119,.0224,.0446,.0590,-.0596,-.0568,.0516,.0533,-.0968,-.0181,-.0487,-.0150,-.0090,-.0266,.0680,.0421,.0359,.0110,.0600,.0343,-.0632,-.0290,-.0531,.0109,-.0780,.0567,-.0329,-.0791,-.0546,.1088,-.0682,-.0235,.0371,.0272,.0137,.0465,.0402,-.0652,.0416,-.0293,.0111,-.0569,.0473,.0117,.0774,.0288,-.0898,-.0660,-.0596,-.0816,.0174,.0650,-.0586,-.0119,.0104,.0659,.0745,.0677,.0363,-.0455,.0043,-.0966,.0569,.0018,-.0184,-.0235,-.0004,.0262,-.0586,.0283,-.0609,-.0556,-.0489,-.0278,.0080,-.0750,.0472,.0452,-.0617,.0666,-.0267,.1053,.0458,-.0822,-.0972,-.0244,-.0591,-.0394,.0547,.0534,-.0332,.0566,-.0214,.0333,-.0873,-.0299,.0445,.0061,-.0670,.0581,-.0408,-.0362,.0291,.0876,.0555,-.0227,-.0034,-.0504,-.0768,.0561,-.0326,.0590,-.0223,-.0569,-.0622,-.0737,-.0080,.0223,.0102,.0027,.0491,.0244,.0061,.0319,.0151,.0503,.0457,-.0449,-.0061,-.0099,-.0196,-.0375,.0668,-.0166,.0786,.0717,.0475,.0795,-.0254,.0853,-.0365,.0569,-.0441,.0698,.0504,.0145,-.0248,-.0705,-.0236,.0304,.0377,-.0347,-.0469,-.0760,-.0220,-.0784,-.0622,.0003,.0513,-.0188,-.0620,-.0387,.0244,-.0318,.0418,-.0066,.0584,-.0281,.0505,.0347,.0321,-.0463,-.0528,-.0452,-.0246,-.0447,-.0388,-.0519,.0269,.0603,-.0316,.0260,.0317,-.0500,-.0510,-.0794,.0186,-.0585,.0129,.0780,.0042,-.0161,.0047,.0837,.0316,.0202,-.0374,-.0404,.0389,-.0652,.0725,.0599,-.0332,-.0878,.0365,.0038,-.0124,-.0202,.0682,-.0257,.0226,.0318,.0257,.0185,-.1033,-.0449,.0480,.0410,-.0964,-.0027,.0598,-.0098,-.0445,-.0525,-.0702,-.0526,-.0538,-.0176,.0188,.0456,-.0801,-.0062,-.0623,.0395,-.0377,.0480,-.0711,-.0137,-.0062,-.0007,.0173,.0207,-.0426,-.0701,-.0446,-.0457,.0589,.0560,.0892,-.0389,.0462,.0202,.0266,.1091,.0404,.0666,.0224,-.0464,.0161,-.0514,-.0161,-.0401,-.0063,.0654,-.1079,-.1182,-.0626,.0432,.0461,-.0372,-.0306,.0025,.0182,-.0098,.0987,.0590,.0117,-.0515,.0441,-.0419,-.0480,.0279,-.0299,.0881,-.0045,.0832,.0279,.0185,.0805,-.0573,.0172,-.0631,-.0898,.0257,.0831,-.0703,.0203,.0064,.0009,.0112,.0085,.0518,.0817,-.0135,-.0315,.0311,.0507,-.0019,.0724,-.0605,-.0511,-.0392,-.0852,.0021,-.0176,.0125,.0339,-.0931,-.0391,.0600,.0046,.0584,-.0447,-.0154,.0845,-.0209,-.0020,-.0285,.0745,-.0471,-.0452,.0549,.0395,-.0339,.0725,-.0257,-.0679,.0655,-.0695,-.0040,.0309,.0753,-.0733,.0150,.0359,-.0105,.0372,-.0139,-.0260,.1009,.0252,-.0938,-.0133,.0767,.0644,.0544,.0417,-.0343,.0453,.0341,-.0125,.1164,.0691,-.0526,-.0216,-.0332,-.0163,-.0977,.0673,-.0710,-.0677,.0250,.0905,.0359,.0632]'),
    (2, 0, 45, '[.0133,-.0499,-.0438,-.0451,.0627,-.0262,-.0023,.0775,.0717,.0296,.0336,.0141,.0164,-.0154,-.0476,.0609,.0189,-.0264,.0006,-.0356,-.0032,.0219,-.0632,.0541,.0391,.0486,-.0121,-.0075,-.0011,-.1186,-.0113,-.1082,-.0016,-.1366,.0165,-.0080,-.0231,-.0721,.0724,-.0852,-.0131,.0033,.0365,.0289,.0607,.0913,-.0449,.0056,-.0208,-.0225,-.0653,.0591,.0346,.0535,.0363,-.0758,-.0542,-.1250,-.0778,.0010,.0697,-.0597,.0408,.0182,.0597,.0759,.0352,.0472,-.0283,-.0118,-.0700,.0792,.0167,-.0390,-.0028,.0547,.0086,-.0341,-.0471,-.0932,-.0841,-.0747,.0100,-.0024,-.0663,.0676,.0366,-.0558,.0510,.0093,.0735,.0334,-.0347,-.0300,-.0846,-.0466,-.0245,.0284,.0671,-.0224,.0590,-.0391,.0404,-.0409,-.0448,.0138,.0572,-.0268,.0674,-.0636,-.0384,.0127,.0634,.0536,-.0346,-.0055,-.0013,-.0875,.0337,.0191,.0557,-.0514,-.0457,-.0485,-.0257,.0240,.0152,.0531,-.0363,.0121,.0832,.0293,.0793,.0388,.0533,.0572,-.0061,-.0213,.0080,-.0044,-.0273,.0630,-.0138,.0430,.0797,.0921,.0674,-.0268,.1123,-.0613,.0573,-.0587,.0030,.0641,-.0027,-.0374,-.0618,-.0515,.0324,.0171,-.0286,-.0344,-.0507,-.0016,-.0190,-.0056,-.0032,.0461,-.0343,-.0583,-.0184,.0563,-.0421,.0578,.0161,.0487,-.0247,.0723,.0527,.0383,-.0035,-.0132,-.0502,-.0765,-.0919,-.0376,-.0458,.0166,.0593,-.0270,-.0178,.0265,-.0661,-.0464,-.0261,.0246,-.0450,.0565,.0596,.0408,-.0101,-.0181,.0618,.0430,.0366,-.0251,-.0301,.0777,-.0823,.0330,.0555,-.0306,-.0866,.0519,.0372,-.0100,.0003,.0654,-.0444,.0463,.0721,-.0656,.0348,-.1125,-.0915,.0356,.0301,-.0734,.0213,.0417,-.0227,.0315,-.0136,-.0798,-.0536,-.0258,-.0170,.0432,.0016,-.0307,-.0278,-.0480,.0225,-.0556,.0603,-.0113,.0064,.0125,-.0141,.0153,.0634,-.0313,-.0650,-.0351,-.0191,.0411,.0697,.0862,-.0494,.0019,.0373,-.0368,.0905,.0662,.0198,.0428,-.0507,-.0526,-.0511,-.0509,-.1097,.0044,.0611,-.0809,-.0438,-.0587,.0158,.0643,.0054,-.0278,.0155,.0552,.0537,.0587,.0570,-.0248,-.0084,.0621,-.0855,-.0465,-.0154,-.0588,.0694,-.0150,.0870,.0410,-.0278,.0791,-.0518,.0369,-.0189,-.0595,.0414,.0477,-.0817,.0371,.0240,-.0318,.0538,.0192,.0478,.0717,-.0000,-.0672,.0408,.1146,-.0230,.0411,-.0539,-.0614,-.0337,-.0851,-.0198,-.0605,.0701,.0229,-.0734,-.0519,.0349,-.0405,.0704,-.0092,-.0454,.0689,-.0357,.0414,-.0584,.0563,-.0777,-.0766,.0191,.0357,.0020,.0260,-.0390,-.0869,.0370,-.0392,-.0149,.0469,.0755,-.0703,.0437,.0176,-.0287,.0313,-.0298,-.0209,.0630,.0382,-.0642,-.0465,.0328,.0375,.0824,.0686,-.0169,-.0042,.0080,-.0328,.0748,.0844,-.0687,.0343,-.0692,-.1206,-.0453,.0512,-.0334,-.0864,.0268,.1007,-.0187,.0745]'),
    (2, 1, 51, '[.0312,-.0147,-.0430,-.0475,.0730,-.0480,-.0207,.0400,.1059,-.0095,.0053,.0198,.0738,-.0425,-.0455,.0342,.0591,-.0630,-.0035,-.0742,.0160,-.0182,.0088,.0397,.0559,.0566,-.0215,.0114,.0340,-.1137,-.0735,-.0499,.0471,-.0705,-.0208,.0045,-.0391,-.0328,.0800,-.0681,-.0417,.0352,.0437,.0173,.0471,.0423,-.0289,.0275,.0082,-.0582,-.0611,.0338,.0042,.0514,.0476,-.0278,-.0942,-.0721,-.0546,.0388,.0920,-.0205,.0225,.0092,.0788,.0809,.0637,.0779,-.0815,-.0056,-.0746,.0881,.0144,-.0197,.0012,.0445,.0223,-.0631,.0217,-.0615,-.0582,-.0548,-.0306,-.0085,-.0556,.0536,.0375,-.0761,.0575,-.0147,.1311,.0505,-.0215,-.0471,-.0220,-.0254,-.0315,-.0120,.0565,-.0193,.0631,-.0400,.0547,-.0604,-.0598,.0282,.0024,-.0806,.0843,-.0896,-.1092,.0449,.0724,.0306,-.0748,.0081,-.0393,-.0684,.0026,-.0280,.0537,-.0610,-.0311,-.0599,-.0314,.0108,.0071,.0794,-.0442,-.0214,-.0037,.0154,.0254,.0578,.0193,.0722,-.0298,.0486,-.0167,-.0239,-.0201,.0263,-.0130,.0832,.1028,.0611,.1167,-.0190,.0868,-.0468,.0415,-.0273,.0761,.0146,.0208,-.0569,-.0658,-.0555,.0192,.0373,-.0297,-.0318,-.0463,.0017,-.0230,-.0235,.0202,.0787,-.0747,-.0265,-.0334,.0159,-.0084,.0665,-.0084,.0638,-.0494,.0589,.0359,.0523,-.0187,-.0497,-.0028,-.0786,-.0651,-.0478,-.0481,.0400,.0347,-.0344,.0095,-.0014,-.0141,-.0148,-.0413,.0126,-.0474,.0439,.0676,.0649,-.0074,-.0424,.0622,.0332,-.0123,-.0056,-.0726,.0516,-.0592,.0749,.0271,-.0555,-.0755,.0278,.0314,-.0213,-.0136,.0507,-.0526,.0713,.0212,-.0011,.0431,-.0830,-.0714,.0605,.0328,-.0824,-.0232,.0298,-.0470,-.0337,-.0460,-.0509,-.0652,-.0609,-.0060,.0933,.0534,-.0308,-.0113,-.0338,.0725,-.0282,.0472,-.0322,-.0371,.0604,-.0057,-.0046,.0019,-.0902,-.0553,-.0128,-.0420,.1083,.0345,.0981,-.0602,.0296,.0070,.0203,.1285,.0390,.0289,.0303,-.0376,-.0023,-.0898,-.0619,-.0693,.0398,.0499,-.0834,-.0995,-.0373,.0066,.0445,-.0147,-.0189,.0370,-.0197,.0204,.0719,.1077,-.0258,-.0326,.0902,-.0780,-.0654,.0036,-.0436,.0288,.0081,.0781,.0351,-.0273,.0927,-.0771,.0124,-.0518,-.0420,.0177,.0330,-.0793,.0546,.0273,.0304,.0163,.0336,.0161,.0386,-.0186,-.0356,.0454,.0574,-.0256,.0613,-.0233,-.0775,-.0696,-.0470,.0063,-.0547,.0603,.0403,-.0382,-.0704,.0243,-.0403,.0074,-.0310,-.0307,.0329,-.0503,-.0348,-.0220,.0707,-.0732,-.0478,.0257,.0408,-.0203,.0408,-.0269,-.0378,.0731,-.0232,-.0163,.0333,.0759,-.1071,-.0040,.0636,-.0591,.0465,-.0444,-.0421,.0560,.0369,-.0369,-.0502,.0620,.0168,.1001,.0274,-.0264,.0102,.0353,-.0092,.0939,.0880,-.0582,-.0138,-.0428,-.0517,-.0550,.0388,-.0707,-.0748,.0472,.0901,-.0124,.0389]'),
    (2, 2, 40, '[.0381,-.0308,-.0668,-.0470,.0462,-.0266,-.0069,.0851,.0708,.0098,.0578,.0210,.0890,-.0333,-.0327,.0771,.0212,-.0522,-.0479,-.0563,.0190,.0491,-.0693,.0936,.0215,.0124,-.0093,-.0436,-.0092,-.0783,-.0511,-.0447,.0320,-.1055,.0111,-.0038,-.0627,-.0272,.0451,-.0685,-.0204,.0010,.0566,.0122,.0265,.0655,-.0557,.0611,-.0175,-.0438,-.0553,.0481,.0202,.0550,.0131,-.0782,-.0671,-.0670,-.0663,-.0061,.0713,-.0178,.0428,.0187,.0613,.0524,.0604,.0404,-.0742,.0126,-.0559,.0714,.0006,-.0005,.0271,.0467,.0101,-.0493,-.0064,-.0592,-.0828,-.0340,-.0527,.0114,-.0553,.0759,.0481,-.0527,.0535,.0387,.0547,.0190,-.0362,-.0544,-.0500,-.0750,-.0002,.0825,.0456,-.0120,.0551,-.0498,.0238,-.0538,-.0385,-.0205,.0078,-.0401,.0941,-.0742,-.0873,.0531,.0833,.0525,-.0110,-.0200,-.0072,-.0938,.0228,-.0117,.0757,-.0337,-.0340,-.0533,-.0391,.0177,-.0015,.0622,-.0499,.0124,.0396,.0184,.0152,.0586,.0383,.0789,-.0115,.0375,-.0042,-.0169,-.0279,.0374,-.0185,.0640,.0823,.0802,.0866,-.0310,.0479,-.0597,.0598,-.0213,.0292,.0308,-.0060,-.0627,-.0723,-.0797,.0525,.0435,-.0538,-.0629,-.0701,-.0163,-.0783,.0041,.0014,.0243,-.0456,-.0591,-.0849,.0351,-.0807,.0503,.0145,.0553,-.0444,.0561,.0621,.0701,-.0469,-.0591,-.0590,-.0408,-.0533,-.0549,-.0400,.0303,.0481,-.0344,-.0356,.0625,-.0678,-.0533,-.0704,.0072,-.0620,.0604,.0431,.0570,-.0092,.0094,.0503,.0317,-.0117,-.0142,-.0114,.0791,-.0600,.0426,.0183,-.0402,-.0580,.0543,.0194,-.0126,.0121,.0391,-.0259,.0149,.0515,-.0072,.0141,-.0822,-.0687,.0415,.0545,-.0923,.0182,.0560,-.0595,.0122,-.0223,-.0709,-.0773,-.0380,-.0370,.0531,.0246,-.0208,-.0256,-.0582,.0048,-.0771,.0453,-.0490,.0254,.0343,.0090,.0386,.0548,-.0505,-.0464,-.0137,.0047,.0405,.0543,.0844,-.0587,.0243,.0351,-.0440,.0677,.0507,.0235,.0732,-.0358,-.0167,-.0325,-.0272,-.0779,-.0440,.0557,-.0355,-.1084,-.0657,.0000,.0670,-.0478,-.0170,.0056,.0327,.0445,.0647,.0656,.0007,-.0263,.0723,-.0384,-.0733,.0211,-.0654,.0594,.0138,.0980,.0142,.0414,.0933,-.0417,.0154,-.0280,-.0571,.0181,.0891,-.0522,.0246,.0336,-.0133,.0274,.0108,.0204,.0521,.0018,-.0775,.0881,.0908,.0070,.0520,-.0501,-.0549,-.0697,-.0547,-.0094,-.0537,.0022,.0794,-.0613,-.0284,.0510,-.0005,.0769,-.0637,-.0545,.0588,-.0706,.0256,-.0105,.0967,-.0611,-.0344,.0228,.0316,-.0117,.0531,-.0245,-.0784,.0547,-.0720,-.0248,.0372,.0892,-.1059,.0385,.0588,-.0355,.0375,-.0286,.0078,.0805,.0413,-.0188,-.0827,-.0087,.0362,.0962,.0596,-.0306,.0251,.0454,-.0521,.0577,.0714,-.0567,.0295,-.0271,-.1106,-.1203,.0399,-.0393,-.0606,.0345,.0814,.0110,.0665]'),
    (3, 0, 43, '[.0430,-.0360,-.0676,-.0352,.0485,-.0645,-.0089,.0120,.0688,.0252,-.0040,.0007,.1001,-.0360,-.0385,.0501,.0439,-.0033,-.0344,-.0674,.0496,.0307,-.0643,.0718,.0824,.0721,-.0126,-.0272,.0558,-.0719,-.0431,-.0280,.0395,-.0834,.0064,.0139,-.0593,-.0606,.0256,-.0806,-.0163,.0577,.0574,.0619,.0338,-.0038,-.0562,.0443,-.0329,-.0386,-.0221,.0642,.0184,.0889,.0568,-.0563,-.0754,-.0858,-.0502,.0160,.0375,-.0386,.0195,-.0251,.0686,.0597,.0386,.0963,-.0816,-.0079,-.0500,.0581,.0120,-.0412,-.0051,.0726,.0100,-.0444,.0269,-.0316,-.1117,-.0485,-.0544,-.0017,-.0456,.0470,.0625,-.0731,.0837,-.0232,.0588,-.0119,-.0397,-.0753,-.0345,-.0724,-.0608,.0729,.0565,-.0248,.0452,-.0183,.0234,-.0889,-.0373,.0576,.0176,-.0477,.0039,-.0333,-.0770,.0508,.0765,.0355,-.0510,-.0425,-.0216,-.0260,.0129,-.0589,.0253,-.0460,-.0469,-.0340,-.0367,-.0650,.0312,.0759,-.0223,.0169,.0054,.0080,.0145,.0798,.0592,.1224,-.0540,.0238,-.0333,-.0184,-.0490,.0649,-.0108,.0969,.0712,.0425,.0738,-.0316,.0788,-.0392,.0612,-.0420,.0951,.0443,.0336,-.0477,-.0621,-.0034,.0363,.0468,-.0046,-.0464,-.0714,.0174,-.0620,-.0301,.0035,.0700,-.0371,-.0359,-.0646,.0215,-.0242,.0331,-.0001,.0408,-.0537,.0607,.0612,.0732,-.0464,-.0341,-.0426,-.0336,-.0362,-.0480,-.0279,.0374,.0452,-.0427,-.0502,.0472,-.0469,-.0457,-.0934,.0211,-.0422,.0688,.0657,.0535,-.0424,-.0141,.0237,.0597,.0135,.0001,-.0097,.0295,-.0280,-.0014,.0487,-.0279,-.0808,.0397,.0018,-.0232,.0317,.0536,-.0164,.0007,.0492,-.0221,.0229,-.0827,-.0640,.0159,.0567,-.0399,-.0487,.0677,-.0768,-.0391,-.0288,-.0928,-.0403,-.0488,.0104,.0636,.0818,-.0275,-.0605,-.0673,.0348,-.0881,.0726,-.0113,-.0206,.0226,.0208,.0291,.0198,-.0577,-.0401,.0273,-.0369,.0673,.0804,.0687,-.0580,.0201,-.0094,-.0291,.0827,.0170,.0281,.0137,-.0880,.0024,-.0399,-.0421,-.0647,-.0235,.0545,-.0363,-.0908,-.0866,-.0144,.0690,-.0554,.0016,.0014,.0255,.0393,.0694,.0754,-.0085,-.0170,.0605,.0042,-.0383,-.0060,-.0949,.0213,-.0612,.1095,.0308,.0325,.0881,-.0128,.0452,-.0215,-.0338,.0323,.0382,-.0558,.0332,.0421,.0164,.0154,.0358,.0398,.0630,-.0049,-.0420,.0468,.0843,.0323,.0274,-.0450,-.0296,-.0635,-.0392,.0171,-.0567,.0237,.0560,-.1021,-.0377,.0621,.0274,.0135,-.0471,-.0393,.0216,-.0574,-.0076,-.0155,.0837,-.0896,-.0724,.0056,.0095,-.0627,.0560,-.0508,-.0634,.0464,-.0166,-.0014,.0090,.1255,-.0513,-.0048,.0698,-.0515,.1045,-.0778,-.0317,.0227,.0455,-.0814,-.0436,.0230,.0257,.0466,.0818,-.0252,.0467,.0277,-.0643,.0741,.0420,-.0772,-.0635,-.0362,-.0807,-.0819,.0289,-.0586,-.0583,.0590,.0629,.0547,.0670]'),
    (3, 1, 48, '[-.0252,-.0412,-.0610,-.0472,.0530,-.0423,.0173,.0410,.0801,-.0238,.0228,.0350,.1022,-.0579,-.0565,.0419,.0148,-.0272,-.0094,-.0329,.0083,.0042,-.0746,.0709,.0534,.0926,-.0171,.0075,.0498,-.1126,-.0505,-.0255,.0201,-.0339,.0440,-.0020,-.0761,-.0380,.0696,-.0502,-.0492,.0511,.0060,.0880,.0213,.0309,-.0314,.0560,-.0350,-.0316,-.0525,.0339,.0360,.0549,.0384,-.0517,-.0538,-.0526,-.0426,.0422,.0400,-.0848,.0435,.0335,.1348,.0840,.0385,.0602,-.0718,-.0228,-.0589,.0568,.0206,-.0443,-.0238,.0190,.0152,-.0587,.0125,-.0626,-.1114,-.0247,-.0066,.0018,-.0143,.0569,.0209,-.0761,.1143,-.0301,.0758,.0212,-.0417,-.0610,-.0431,-.0662,-.0582,.0342,.0643,-.0329,.0675,.0051,.0609,-.0548,.0009,.0518,.0420,-.0703,.0149,-.0573,-.0708,.0354,.1099,.0234,-.0276,-.0382,-.0051,-.0554,.0186,-.0181,.0481,-.0384,-.0310,-.0473,-.0536,-.0060,.0373,.0721,.0125,.0010,.0183,.0353,.0204,.0539,.0156,.0590,-.0828,.0267,-.0367,-.0260,-.0439,.0465,-.0266,.0967,.1037,.0589,.0391,-.0535,.0801,-.0486,.0463,-.0224,.1267,.0243,.0375,-.0257,-.0977,-.0277,.0630,.0288,-.0425,-.0420,-.0818,-.0202,-.0483,.0005,-.0172,.0635,-.0538,-.0159,-.0471,.0067,.0200,.0463,.0243,.0432,-.0441,.0165,.0511,.0580,-.0454,-.0645,-.0287,-.0604,-.0314,-.0734,-.0466,.0278,.0406,-.0213,.0036,.0246,-.0162,-.0287,-.0893,.0340,-.0536,.0550,.0380,.0053,-.0444,-.0133,.0624,.0472,.0454,-.0120,-.0625,.0607,-.0439,.0034,.0373,-.0428,-.0717,.0675,.0242,-.0259,-.0097,.0999,-.0194,.0268,.0231,-.0234,.0092,-.1374,-.1078,.0334,.0760,-.0988,-.0204,.0470,-.0204,-.0471,-.0736,-.0921,-.0504,-.0347,-.0138,.0533,.0752,-.0852,-.0656,-.0622,.0489,-.0422,.0550,-.0213,.0009,.0068,.0294,.0095,.0411,-.0357,-.0405,-.0105,-.0267,.0720,.0406,.0882,-.0355,.0475,.0150,-.0461,.0933,-.0051,.0041,.0235,-.0673,.0046,-.0711,-.0809,-.0602,.0212,.0309,-.0563,-.0820,-.0687,.0332,.0578,-.0225,-.0326,.0485,.0358,.0650,.0578,.0645,-.0028,-.0194,.0369,-.0317,-.0659,-.0176,-.0628,.0599,-.0463,.0612,.0491,.0179,.1183,-.0388,.0073,.0016,-.0453,.0678,.0528,-.0871,.0290,-.0272,.0500,.0098,.0303,.0309,.0378,-.0166,-.0387,.0505,.0898,.0124,.0203,-.0644,-.0521,-.0578,-.0734,-.0000,-.0395,.0397,.0651,-.0833,-.0509,.0223,-.0210,.0246,.0162,-.0105,.0351,-.0238,.0040,.0046,.0757,-.0583,-.0666,.0034,-.0013,-.0236,.0424,-.0357,-.0528,.0577,-.0200,-.0172,.0396,.0858,-.0756,.0285,.0637,-.0769,.0793,-.0628,-.0498,.0674,.0402,-.0835,-.0065,.0173,.0308,.0671,.0631,-.0271,.0045,.0340,-.0544,.0945,.0537,-.0204,-.0489,-.0287,-.0843,-.0225,.0453,-.0185,-.0549,.0206,.0771,.0621,.0559]'),
    (3, 2, 51, '[.0162,-.0743,-.0446,-.0644,.0562,.0025,.0123,.0439,.0709,-.0527,.0513,.0100,.0756,-.0364,-.0576,.0788,.0135,-.0323,-.0148,-.0025,.0591,.0296,-.0635,.0418,.0678,.0704,-.0423,.0007,.0403,-.0550,-.0757,-.0313,.0315,-.0620,.0509,.0081,-.0529,-.0646,.0660,-.0679,-.0342,.0303,.0325,.0759,.0244,.0432,-.0642,.0434,.0015,-.0221,-.0525,.0453,-.0160,.0739,.0777,-.0666,-.0646,-.1008,-.0852,.0035,.0548,-.0553,.0275,.0188,.1058,.0935,.0747,.0542,-.0847,-.0017,-.0850,.0442,.0024,-.0374,.0006,.0253,.0234,-.0378,.0075,-.0248,-.0719,-.0390,-.0260,.0131,-.0588,.0485,.0363,-.0942,.0757,-.0317,.0768,.0289,-.0406,-.0658,-.0422,-.0463,-.0365,.0538,.0536,-.0306,.0634,.0072,.0475,-.0502,-.0257,.0519,.0412,-.0607,.0799,-.0590,-.0896,.0309,.1053,.0126,-.0388,-.0409,-.0288,-.0597,.0201,-.0645,.0517,-.0525,-.0024,-.0562,-.0389,-.0462,.0689,.0442,.0326,.0077,-.0118,.0079,.0318,.0917,.0898,.0469,-.0681,.0121,-.0347,-.0357,-.0454,.0795,-.0103,.0307,.0859,.0187,.0568,-.0466,.0797,-.0738,.0418,-.0340,.1161,.0347,.0367,-.0051,-.0678,-.0337,.0384,.0347,-.0336,-.0299,-.0781,.0223,-.0974,-.0157,.0308,.0596,-.0470,-.0296,-.0787,-.0003,-.0321,.0210,-.0051,.0504,-.0344,-.0006,.0507,.0891,-.0051,-.0217,-.0219,-.0365,-.0260,-.0731,-.0311,.0288,.0539,-.0096,-.0648,.0352,-.0222,-.0009,-.0753,.0121,-.0470,.0604,.0623,.0411,-.0060,.0035,.0281,.0346,.0263,.0024,-.0365,.0402,-.0545,.0355,.0437,-.0838,-.0542,.0641,-.0365,-.0556,-.0040,.0581,.0102,-.0030,.0419,-.0220,.0010,-.0931,-.0626,.0108,.0725,-.0592,-.0459,.0778,-.0231,-.0647,-.0575,-.0959,-.0152,-.0828,.0023,.0448,.0337,-.0600,-.0408,-.0448,.0618,-.0660,.0842,-.0367,-.0120,.0464,.0122,.0224,.0312,-.0639,-.0374,-.0103,-.0377,.0852,.0508,.0965,-.0186,.0385,.0082,-.0592,.0876,.0296,.0495,.0216,-.0605,-.0400,-.0521,-.0517,-.0605,.0055,.0422,-.0641,-.0961,-.0554,-.0001,.0964,-.0028,-.0218,.0553,.0189,.0494,.0891,.0662,-.0154,.0199,.0681,-.0345,-.0254,.0461,-.0657,.0325,-.0741,.0329,.0664,.0071,.1019,-.0029,.0068,-.0050,-.0722,.0266,.0368,-.0974,.0283,.0264,.0536,.0084,.0282,.0550,.0700,.0049,-.0711,.0009,.1069,-.0244,.0377,-.0707,-.0943,-.0526,-.0316,-.0058,-.0630,.0078,.0221,-.0732,-.0356,.0404,-.0120,.0440,-.0117,-.0276,.0316,-.0630,.0205,.0093,.0570,-.0536,-.0490,.0216,.0251,-.1120,.0791,-.0497,-.0592,.0527,-.0159,-.0226,.0157,.0676,-.0807,.0117,.0543,-.0781,.0289,-.0387,-.0357,.0354,.0601,-.0829,-.0260,.0331,.0539,.0285,.0497,-.0221,.0446,.0366,-.0674,.0675,.0525,-.0275,-.0530,-.0471,-.0345,-.0344,.0442,-.0713,-.0490,.0518,.0259,.0192,.0790]'),
    (4, 0, 50, '[-.0302,-.0709,-.0420,-.0311,.0755,-.0192,.0421,.0260,.0898,-.0119,.0556,.0501,.0363,-.0130,-.0520,.0769,.0526,-.0222,-.0246,-.0864,.0174,-.0046,-.0413,.0244,.0573,.0458,-.0457,.0124,.0545,-.0817,-.0672,-.0363,.0526,-.0845,-.0184,.0156,-.0324,-.0411,.0660,-.0879,-.0117,.0410,.0216,.0551,.0586,.0382,-.0669,-.0005,-.0745,-.0307,-.0430,.0323,.0659,.0011,.0632,-.0684,-.0374,-.0707,-.0671,.0515,.0730,-.0707,.0012,.0464,.1078,.0989,.0545,.0537,-.0659,.0011,-.0518,.0388,.0108,-.0035,-.0077,.0293,.0195,-.0352,.0335,-.0634,-.0650,-.0328,-.0276,.0083,-.0352,.0480,.0030,-.0776,.0790,-.0440,.0979,.0666,-.0475,-.0604,-.0881,-.0631,-.0600,.0169,.0761,-.0356,.0351,.0053,.0553,-.0454,-.0349,.0593,.0329,-.0530,.0609,-.0210,-.0432,.0254,.0918,.0254,-.0312,-.0357,-.0285,-.0303,.0578,-.0377,.0398,-.0503,-.1022,-.0959,-.0292,-.0530,.0205,.0609,.0105,-.0208,-.0021,.0100,.0562,.0848,.0739,.0874,-.0582,-.0308,-.0373,-.0193,-.0760,.0447,-.0174,.0496,.0778,.0622,.0393,-.0580,.0896,-.0585,.0805,-.0489,.0820,.0588,.0162,-.0124,-.0631,-.0345,.0569,.0706,-.0326,-.0261,-.0606,-.0205,-.0886,-.0221,.0142,.0258,-.0721,-.0365,-.0203,.0066,-.0023,.0609,-.0146,.0363,-.0184,.0216,.0669,.0443,-.0446,-.0191,-.0509,-.0446,-.0968,-.0244,-.0257,.0148,-.0003,.0317,-.0186,.0549,-.0020,-.0366,-.0793,.0389,-.0286,.0371,.0502,.0590,-.0074,-.0227,.0601,.0424,.0080,.0101,-.0422,.0657,-.0413,.0162,.0456,-.0796,-.0222,.0604,.0307,-.0015,-.0262,.0684,-.0297,.0176,.0688,.0045,.0027,-.1068,-.0834,.0298,.0660,-.0685,-.0278,.0854,-.0106,-.0085,-.0814,-.1061,-.0780,-.0630,-.0310,.0440,.0127,-.0689,-.0542,-.0441,.0343,-.0872,.0991,-.0398,-.0287,-.0065,-.0159,.0228,.0242,-.0263,-.0878,-.0442,-.0242,.1040,.0335,.0840,-.0268,.0878,-.0116,-.0643,.0685,.0446,.0312,.0176,-.0643,-.0331,-.0346,-.0454,-.0615,.0550,.0439,-.0470,-.0603,-.0752,.0327,.0659,-.0462,-.0225,.0745,.0306,.0483,.0881,.0242,.0444,-.0473,.0112,-.0357,-.0490,-.0097,-.0698,.0458,-.0293,.0869,.0205,.0167,.0652,-.0190,.0661,-.0132,-.0675,.0653,.0748,-.0864,.0195,-.0127,.0483,.0233,.0350,.0702,.0598,-.0550,-.0545,.0422,.0932,-.0218,.0214,-.0364,-.0915,-.0398,-.0722,-.0117,-.0518,.0347,.0520,-.0505,-.0143,.0023,-.0101,.0197,.0207,-.0332,.0526,-.0370,.0135,-.0392,.0276,-.0126,-.0788,.0366,.0413,-.0374,.0602,-.0631,-.0639,.0116,-.0328,-.0075,.0429,.0411,-.0961,.0360,.0190,-.0269,.0751,-.0748,-.0626,.0680,.0378,-.0737,-.0196,.0320,.0145,.0796,.0519,.0137,.0333,.0048,-.0274,.0807,.0640,-.0190,-.0303,-.0310,-.0878,-.0004,.0379,-.0483,-.0350,.0349,.0760,.0089,.0627]'),
    (4, 1, 49, '[.0140,-.0309,-.0057,-.0458,.0701,-.0245,.0038,.0269,.0790,.0059,.0485,-.0044,.0416,-.0399,-.0345,.0810,.0151,-.0360,-.0140,-.0513,.0352,.0380,-.0712,.0411,.0672,.0345,-.0470,.0597,.0324,-.1153,-.0664,-.0167,.0120,-.0706,.0584,.0143,-.0117,-.0195,.0686,-.0824,-.0284,.0511,-.0059,.0479,.0662,.0091,-.0613,-.0217,-.0459,-.0701,-.0274,.0095,.0181,.0495,.0384,-.0574,-.0517,-.0814,-.0615,.0435,.0794,-.0337,.0333,.0114,.1035,.0714,.0300,.0467,-.0822,-.0349,-.0798,.0373,-.0012,-.0331,-.0045,.0341,.0460,-.0333,.0410,-.0195,-.0775,-.0396,-.0129,.0404,-.0236,.0576,.0376,-.0884,.1071,-.0352,.0751,.0556,-.0549,-.0409,-.0643,-.0589,-.0171,.0353,.0363,-.0367,.0426,-.0211,.0645,-.0588,-.0388,.0825,.0243,-.0721,.0650,-.0695,-.0834,.0359,.1007,.0223,-.0433,-.0489,-.0550,-.0286,.0467,-.0560,.0464,-.0230,-.0493,-.0532,-.0402,-.0303,.0220,.0293,.0059,.0065,-.0042,-.0087,.0301,.0909,.0637,.0493,-.0276,-.0162,-.0484,-.0371,-.0398,.0316,-.0128,.0379,.0991,.0189,.0863,-.0392,.0630,-.0707,.0688,-.0698,.0965,.0340,.0303,-.0443,-.0579,-.0413,.0417,.0675,-.0357,-.0592,-.0811,.0213,-.0605,-.0213,.0207,.0703,-.0561,-.0190,-.0221,.0123,-.0438,.0218,-.0166,.0354,-.0214,.0378,.0946,.0669,-.0909,-.0342,-.0254,-.0801,-.0674,-.0503,-.0407,.0419,.0157,-.0322,-.0475,.0298,-.0383,-.0148,-.0476,.0310,-.0366,.0518,.0333,.0590,.0395,-.0286,.0836,.0418,.0129,.0297,-.0252,.0806,-.0925,.0464,.0469,-.0707,-.0853,.0737,-.0085,-.0286,-.0234,.0507,.0026,.0086,.0422,-.0109,.0129,-.0842,-.0778,.0594,.0604,-.0850,-.0498,.0570,-.0062,-.0340,-.0535,-.0845,-.0461,-.0760,-.0008,.0269,.0479,-.0568,-.0142,-.0793,.0583,-.0924,.1005,-.0211,-.0513,.0380,.0095,.0295,-.0016,-.0802,-.0511,-.0182,-.0740,.1375,.0567,.0695,-.0539,.0495,.0201,-.0513,.0731,.0073,.0156,.0200,-.0455,-.0330,-.0315,-.0882,-.0790,.0304,.0332,-.0389,-.0555,-.0361,.0619,.0934,-.0335,-.0288,.0700,.0003,.0174,.0528,.0467,-.0077,.0046,.0673,-.0253,-.0270,.0121,-.0526,.0258,-.0345,.0565,.0526,.0028,.0686,-.0143,.0448,-.0035,-.0567,.0546,.0460,-.1176,.0227,.0211,.0272,.0484,.0281,.0715,.0680,-.0136,-.0652,.0077,.0922,-.0274,.0424,-.0382,-.0773,-.0517,-.0335,-.0043,-.0365,.0018,.0815,-.0924,-.0348,.0269,.0281,.0010,.0132,-.0332,.0455,-.0531,.0380,.0080,.0363,-.0637,-.0549,.0326,-.0110,-.0746,.0720,-.0752,-.0633,.0207,-.0064,-.0416,-.0090,.0528,-.0687,-.0269,.0287,-.0440,.0737,-.0627,-.0913,.0336,.0671,-.0612,-.0093,.0690,.0508,.0597,.0634,-.0080,.0413,.0215,-.0640,.0758,.0627,-.0436,-.0278,-.0249,-.0454,-.0093,.0347,-.0462,-.0501,.0400,.0892,.0089,.0594]'),
    (4, 2, 52, '[.0051,-.0357,-.0395,-.0426,.0640,-.0022,-.0173,.0140,.0567,-.0087,.0288,.0126,.0464,-.0109,.0094,.0902,.0774,-.0144,.0102,-.0355,.0327,.0301,-.0591,.0641,.0289,.0525,-.0008,.0608,.0304,-.0784,-.0496,-.0531,.0570,-.0697,.0380,.0025,-.0444,-.0185,.0770,-.0791,-.0541,.0141,.0001,.0408,.0361,.0195,-.0123,-.0029,-.0034,-.0506,-.0493,.0543,.0236,.0471,.0236,-.0158,-.0957,-.0744,-.0683,.0608,.0438,-.0195,.0540,-.0073,.0979,.0670,.0052,.0905,-.0659,-.0011,-.0709,.0555,-.0250,-.0363,-.0271,.0233,.0214,-.0914,.0175,-.0356,-.0905,-.0327,-.0066,.0157,-.0348,.0785,.0579,-.0559,.1146,-.0589,.0951,.0229,-.0631,-.0639,-.0483,-.0679,-.0571,.0613,.0595,-.0675,.0526,-.0133,.0876,-.0693,-.0105,.0342,-.0198,-.0718,.0563,-.0623,-.0346,.0331,.0617,.0191,-.0309,-.0466,-.0205,-.0229,.0471,-.0237,.0748,-.0135,-.0464,-.0695,-.0669,.0106,.0546,.0642,.0148,-.0179,.0279,.0395,.0307,.0234,.0179,.0688,-.0272,-.0050,-.0293,.0220,-.0483,.0317,-.0256,.0258,.0836,-.0116,.0831,-.0440,.0781,-.0867,.0753,-.0416,.0770,.0209,.0607,-.0406,-.0823,-.0104,.0611,.0761,-.0556,-.0420,-.0818,.0260,-.0719,-.0180,.0534,.0665,-.0211,-.0633,-.0681,.0518,-.0493,.0580,-.0063,.0361,-.0469,.0253,.0981,.0513,-.0418,-.0116,-.0395,-.0459,-.0712,-.0301,-.0248,.0336,.0055,-.0465,-.0501,.0413,-.0189,-.0423,-.0885,.0241,-.0284,.0718,.0462,.0526,.0038,-.0233,.0232,.0764,-.0140,-.0056,-.0690,.0953,-.0332,.0386,.0397,-.0508,-.0649,.0984,-.0136,-.0736,-.0060,.0663,-.0229,.0409,.0030,-.0095,.0464,-.1105,-.0638,.0537,.0740,-.1057,-.0401,.0681,-.0411,-.0414,-.0466,-.0833,-.0392,-.0511,-.0367,.0024,.0483,-.0705,-.0632,-.0549,.0459,-.0604,.0762,-.0301,-.0262,.0262,-.0155,.0611,.0465,-.0548,-.0518,-.0199,-.0509,.0939,.0715,.1029,-.0336,.0202,.0013,-.0164,.0839,.0513,.0057,-.0141,-.0466,-.0389,-.0421,-.0421,-.0561,.0526,.0334,-.0513,-.0307,-.0406,.0460,.1040,-.0170,-.0489,.0046,.0108,-.0262,.0792,.0057,.0076,-.0118,.0227,-.0148,-.0627,-.0031,-.0592,.0498,-.0703,.1004,.0648,.0101,.0707,-.0614,.0743,-.0101,-.0666,.0611,.0563,-.1139,.0077,.0167,.0148,.0613,-.0014,.0702,.0746,-.0086,-.0196,.0428,.0865,-.0176,.0448,-.0073,-.0718,-.0180,-.0697,-.0166,-.0389,.0246,.0711,-.0982,-.0400,.0465,-.0130,.0169,-.0399,.0021,.0678,-.0975,.0388,.0389,.0284,-.0596,-.0987,.0132,-.0346,-.0427,.0379,-.0446,-.0707,.0588,-.0245,-.0399,.0231,.0503,-.0686,-.0011,.0302,-.0414,.0662,-.0684,-.0741,.0163,.0944,-.0488,-.0292,.0340,.0572,.0575,.0481,-.0287,.0294,.0063,-.0507,.0310,.0467,-.0695,-.0375,-.0274,-.0447,.0212,.0373,-.0551,-.0714,.0257,.0391,.0106,.0289]'),
    (5, 0, 51, '[.0281,-.0342,-.0610,-.0312,.0361,-.0356,.0150,.0213,.0523,.0211,.0078,.0330,.0919,-.0334,-.0571,.0638,.0741,-.0314,-.0019,-.0246,.0196,.0021,-.0294,.0458,.0589,.0537,-.0097,.0001,.0208,-.0588,-.0848,-.0502,.0200,-.0510,.0427,.0333,-.0172,-.0140,.0773,-.0711,-.0184,.0227,.0250,.0127,.0260,.0463,-.0716,.0121,-.0204,-.0296,-.0096,.0560,-.0147,.0451,.0473,-.0488,-.0693,-.0698,-.0427,.0604,.0516,-.0634,-.0276,-.0079,.0880,.0358,.0707,.0751,-.0702,-.0218,-.0670,.0461,.0105,-.0257,-.0245,.0544,.0174,-.0285,-.0205,-.0442,-.0083,-.0006,.0004,.0390,-.0649,.0560,.0284,-.0970,.0618,-.0585,.1135,.0092,-.0569,-.0716,-.0602,-.0495,-.0407,.0182,.0730,-.0631,.0559,-.0229,.0757,-.0882,-.0182,.0260,-.0159,-.0759,.0571,-.0273,-.0831,.0555,.0665,.0460,-.0222,-.0617,-.0311,-.0077,.0316,-.0770,.0078,-.0630,-.0511,-.0667,-.0559,-.0364,.0657,.0428,-.0042,.0152,-.0092,-.0116,.0205,.0326,.0348,.0606,-.0334,-.0133,-.0692,.0033,-.0521,.0895,-.0387,.0684,.1177,.0625,.0615,-.0172,.1087,-.0664,.0612,-.0761,.1088,.0308,.0361,-.0335,-.0740,-.0328,.0707,.0303,-.0450,-.0707,-.0812,-.0407,-.0716,-.0239,-.0245,.0328,-.0489,-.0712,-.0422,.0086,-.0092,.0646,.0222,.0527,-.0263,-.0057,.0727,.0568,-.0123,-.0004,-.0319,-.0391,-.0477,-.0492,-.0291,-.0103,.0074,-.0134,-.0271,.0514,-.0472,-.0387,-.0935,.0508,-.0661,.0522,.0579,.0424,.0116,-.0054,.0549,.0598,-.0035,-.0103,-.0241,.0798,-.0595,.0467,.0504,-.0876,-.0760,.0599,.0004,-.0442,-.0025,.1011,-.0053,.0362,.0258,-.0005,.0445,-.1107,-.0898,.0306,.0510,-.0873,-.0425,.0608,-.0319,-.0379,-.0481,-.0915,-.0584,-.0801,-.0121,.0431,-.0005,-.0462,-.0837,-.0220,.0524,-.0864,.0339,-.0313,-.0441,.0183,.0108,.0336,.0076,-.0594,-.0326,-.0075,-.0500,.0920,.0500,.1053,-.0362,.0357,.0227,.0198,.0988,.0442,.0416,.0398,-.0603,-.0354,-.0420,-.0308,-.0701,.0145,.0404,-.0539,-.0747,-.0609,.0256,.0595,-.0538,-.0325,.0423,.0495,.0352,.0767,.0647,.0309,-.0268,.0632,-.0680,-.0382,-.0062,-.0622,.0664,-.0125,.0678,.0331,.0137,.1062,-.0178,.0699,-.0198,-.0764,.0492,.0362,-.1104,.0302,.0500,.0624,-.0101,.0592,.0723,.0417,-.0337,-.0450,.0697,.0817,-.0692,.0842,-.0111,-.0754,-.0109,-.0535,-.0148,-.0374,.0486,.0418,-.0629,-.0546,.0175,.0224,.0114,-.0306,-.0292,.0431,-.1182,-.0036,-.0147,.0407,-.0388,-.0716,.0414,.0137,-.0645,.0605,-.0378,-.0326,.0159,-.0523,-.0197,.0177,.0555,-.0875,.0429,.0348,-.0204,.0561,-.0578,-.0425,.0793,.0409,-.0761,-.0230,.0453,.0422,.0891,.0448,-.0441,.0474,.0319,-.0494,.0616,.0354,-.0332,-.0309,-.0034,-.0351,.0137,.0221,-.0287,-.0828,.0296,.0684,.0503,.0591]'),
    (5, 1, 48, '[.0286,-.0243,-.0168,-.0261,.0621,-.0364,.0132,.0308,.0625,-.0146,.0210,-.0092,.0519,.0073,-.0263,.0304,.0556,-.0342,-.0501,-.0518,.0541,.0274,-.0295,.0630,.1091,.0633,-.0344,.0169,.0069,-.1333,-.0586,-.0304,.0254,-.0611,.0288,.0557,-.0396,-.0563,.0793,-.0770,-.0404,.0362,.0146,.0825,.0193,.0500,-.0233,.0266,-.0452,-.0292,-.0388,.0673,-.0304,.0287,.0527,-.0560,-.0643,-.0953,-.0690,.0750,.0487,-.0642,.0177,.0520,.1269,.0921,.0228,.0635,-.0595,-.0257,-.0700,.0352,.0353,-.0229,-.0190,.0274,.0128,-.0554,.0187,-.0288,-.0283,-.0293,-.0377,.0204,-.0406,.0774,.0587,-.0514,.0625,-.0382,.0802,.0557,-.0240,-.0599,-.0210,-.0700,-.0605,.0439,.0331,-.0765,.0797,.0010,.0809,-.0682,-.0413,.0371,-.0112,-.0865,.0385,-.0636,-.0951,.0216,.0768,.0632,-.0507,-.0582,-.0286,-.0433,-.0144,-.0182,.0287,.0006,-.0648,-.0807,-.0499,-.0506,.0739,.0414,.0120,.0149,.0065,.0177,.0090,.0702,.0437,.0778,-.0935,.0233,-.0229,-.0303,-.0641,.0948,-.0044,.0543,.0970,.0384,.0760,-.0352,.0534,-.0930,.0742,-.0869,.0774,.0167,.0181,-.0718,-.0644,-.0758,.0650,.0731,-.0676,-.0838,-.0379,.0098,-.0366,-.0343,.0499,.0664,-.0531,-.0400,-.0400,.0494,-.0722,.0552,-.0107,.0410,-.0508,.0335,.0836,.0716,-.0321,-.0196,-.0528,-.0465,.0001,-.0789,-.0700,.0355,.0527,-.0167,-.0582,.0329,.0066,-.0513,-.0520,-.0112,-.0839,.0384,.0733,.0608,.0394,-.0194,.0113,.0776,.0352,.0027,-.0633,.0478,-.0595,.0370,.0669,-.0496,-.0684,.0425,-.0106,-.0059,.0179,.0279,-.0370,.0601,.0103,.0091,.0517,-.0752,-.0952,.0372,.0483,-.0730,-.0285,.0493,-.0162,-.0474,-.0448,-.0829,-.0485,-.0838,-.0062,.0535,.0105,-.0650,-.0447,-.0479,.0499,-.0714,.0592,-.0350,-.0098,.0259,-.0048,.0536,.0280,-.0664,-.0473,-.0210,-.0626,.0699,.0441,.1004,-.0803,.0282,.0102,-.0259,.0684,.0533,.0272,-.0051,-.0675,-.0253,-.0164,-.0501,-.0762,.0476,.0161,-.0625,-.0374,.0029,.0144,.0759,-.0630,-.0498,.0676,-.0101,.0638,.0490,.0629,-.0042,-.0430,.0413,-.0258,-.0280,.0347,-.0358,.0331,-.0296,.0678,.0530,.0031,.0878,-.0356,.0436,-.0106,-.0477,.0325,.0146,-.1147,.0179,.0309,.0546,.0491,.0080,.0305,.0605,-.0109,-.0547,.0224,.1110,-.0107,.0258,-.0291,-.0321,-.0358,-.0734,-.0029,-.0211,.0056,.1035,-.0627,-.0580,.0432,.0459,.0397,-.0318,-.0329,-.0010,-.0662,-.0025,-.0365,.0003,-.0487,-.0874,.0296,.0062,-.0544,.0194,-.0153,-.0524,.0416,-.0194,-.0276,.0049,.0520,-.0629,-.0032,.0587,-.0341,.0923,-.0650,-.0432,.0385,.0150,-.0735,-.0252,.0098,.0580,.0441,.0475,-.0283,.0305,.0202,-.0489,.0533,.0452,-.0293,-.0202,-.0263,-.0660,-.0405,.0563,-.0403,-.0645,.0628,.0852,.0299,.0542]'),
    (5, 2, 46, '[.0387,-.0384,-.0721,-.0974,.0520,-.0194,-.0121,.0300,.0574,-.0000,.0212,.0479,.0770,-.0307,-.0755,.0451,.0497,-.0371,-.0121,-.0212,-.0022,-.0053,-.0299,.0414,.0704,.0681,-.0228,.0023,.0348,-.1115,-.0580,-.0370,.0114,-.0614,.0385,.0014,-.0133,-.0282,.0611,-.0296,-.0226,.0175,-.0030,.0662,.0551,.0605,-.0515,.0386,-.0357,-.0338,-.0224,.0300,.0263,.0316,.0768,-.0858,-.0633,-.1016,-.0208,.0455,.0614,-.0046,.0013,.0319,.0588,.0970,.0818,.0467,-.0734,-.0153,-.0724,.0436,-.0047,-.0176,-.0204,.0297,.0082,-.0591,-.0051,-.0851,-.0426,-.0369,-.0172,.0306,-.0616,.0580,.0448,-.0657,.0853,-.0215,.0913,.0745,-.0420,-.0829,-.1079,-.0475,-.0291,.0135,.0748,-.0249,.0614,.0056,.0269,-.0604,-.0064,.0328,.0025,-.0491,.0497,-.0582,-.0428,.0171,.0620,.0006,-.0275,.0063,-.0305,-.0822,.0058,-.0368,.0736,-.0593,-.0177,-.0577,-.0506,-.0520,.0729,.0625,-.0085,-.0091,-.0189,.0053,.0287,.0712,.0288,.0667,-.0409,-.0347,.0061,.0021,-.0424,.0798,.0276,.0705,.0532,.0378,.0805,-.0386,.1101,-.0616,.0381,-.0488,.0956,.0391,.0342,-.0433,-.0821,-.0568,.0526,.0453,-.0529,-.0571,-.0569,-.0259,-.0514,-.0171,.0283,.0603,-.0309,.0038,-.0847,.0243,-.0128,.0420,.0139,.0533,-.0370,.0236,.0894,.0395,-.0606,-.0019,.0112,-.0343,-.0600,-.0317,-.0650,.0117,.0671,-.0047,-.0111,.0169,-.0531,-.0077,-.1211,.0368,-.0747,.0610,.0504,.0171,.0256,-.0278,.0666,.0557,.0041,-.0039,-.0354,-.0038,-.0647,.0674,.0272,-.0996,-.0863,.0742,.0208,-.0208,-.0330,.0307,-.0294,-.0036,.0377,.0180,.0277,-.0850,-.0832,.0168,.0404,-.0913,.0041,.0606,-.0303,-.0474,-.0400,-.0776,-.0649,-.0781,-.0044,.0479,.0524,-.0301,-.0390,-.0571,.0313,-.0602,.0452,-.0478,-.0113,.0841,-.0179,.0604,.0405,-.0730,-.0326,-.0163,-.0548,.0674,.0578,.1209,-.0380,.0533,.0368,-.0228,.1009,.0148,.0138,.0065,-.0436,.0027,-.0808,-.0362,-.0806,-.0012,-.0007,-.0822,-.0767,-.0499,.0299,.0890,-.0570,-.0553,.0810,.0156,.0150,.0734,.0285,.0201,-.0623,.0580,-.0473,-.0465,.0356,-.0758,.0945,-.0187,.0511,.0115,-.0172,.0684,-.0573,.0439,-.0682,-.0373,.0266,.0772,-.0965,.0221,.0592,.0341,.0222,.0349,.0594,.0616,-.0319,-.0479,.0489,.0519,-.0569,.0586,-.0536,-.0572,-.0674,-.0503,-.0348,-.0622,.0675,.0517,-.0527,-.0473,.0447,-.0085,.0396,-.0133,-.0508,.0598,-.0914,-.0118,-.0368,.0483,-.0366,-.0225,.0209,.0414,-.0209,.0654,-.0529,-.0452,.0362,-.0538,-.0172,.0110,.0550,-.0956,.0270,.0440,-.0402,.0694,-.0736,-.0027,.0332,.0516,-.0695,-.0257,.0448,.0414,.0815,.0318,-.0144,.0669,.0213,-.0721,.0710,.0818,-.0314,.0185,-.0318,-.0423,.0028,.0349,-.0346,-.0440,.0497,.0545,.0209,.1004]'),
    (6, 0, 50, '[.0005,-.0313,-.0069,-.0315,.0823,-.0239,-.0089,.0399,.0693,.0224,.0749,.0216,.0545,-.0588,-.0428,.0669,.0147,-.0587,-.0107,-.1083,.0383,-.0732,-.0065,.0585,.0564,.0958,-.0063,-.0543,.0092,-.0788,-.0364,-.0609,.1019,-.0366,.0426,.0168,-.0546,-.0194,.0019,-.0615,-.0233,.0111,-.0065,.0260,.0259,.0324,-.0249,.0577,-.0780,-.0262,-.0282,.0809,.0494,.0507,.0348,-.0156,-.0780,-.0658,-.0895,.0663,.0599,-.0231,-.0050,.0569,.0741,.0477,.0591,.0789,-.0669,-.0071,-.0318,.0265,-.0184,-.0072,-.0369,.0467,.0610,-.0177,.0343,-.0433,-.0354,-.0120,-.0367,.0583,-.0599,.0156,.0560,-.0476,.0754,.0364,.0304,.0940,-.0502,-.0468,-.0846,-.0584,-.0355,.0139,.0947,-.0528,.0462,-.0407,.0812,-.0351,-.0476,.0358,.0139,-.0504,.0522,-.0631,-.0512,.0263,.0996,.0548,-.0573,-.0322,-.0018,-.0582,.0297,-.0206,.0516,-.0181,-.0962,-.0732,-.0606,-.0268,.0336,.0551,.0228,-.0595,.0652,.0509,.0363,.0630,.0639,.1183,-.0206,-.0068,-.0203,-.0413,-.0401,.0442,-.0277,.0373,.0574,.0592,.0776,-.0396,.0363,-.1014,.0554,-.0540,.0142,-.0042,.0333,-.0511,-.0524,-.0633,.0236,.0563,-.0469,-.0309,-.0735,-.0348,-.0445,-.0280,.0163,.0582,-.0115,-.0019,-.0797,.0488,-.0557,.0072,-.0013,.0580,-.0422,-.0004,.0880,.0579,-.0506,-.0059,-.0430,-.0406,-.1127,-.0400,-.0539,.0378,.0012,.0058,-.0224,.0666,-.0634,-.0392,-.0770,.0541,-.0602,.0383,.0546,.0562,.0028,.0079,.0612,.0197,.0175,.0133,-.0141,.0898,-.0701,.0945,.0345,-.0616,-.0337,.0292,.0276,.0267,-.0352,.0523,-.0116,.0464,.0247,.0040,.0336,-.1412,-.0126,.0174,.0097,-.0719,-.0068,.0608,-.0493,-.0349,-.0425,-.0589,-.0988,-.0521,-.0447,.0723,.0339,-.0291,.0042,-.0941,.0112,-.0692,.0718,-.0355,-.0451,.0116,-.0115,.0237,.0317,-.0546,-.0570,-.0484,-.0376,.0179,.0345,.0787,-.0341,.0434,.0323,-.0177,.0544,.0556,.0580,.0419,-.0291,-.0397,-.0660,-.0390,-.0881,.0587,.0354,-.0453,-.0640,-.0624,-.0250,.0844,-.0115,-.0366,.0710,.0246,.0343,.0571,.0360,-.0131,-.0142,.0733,-.0368,-.0506,-.0303,-.0273,.0856,-.0349,.0892,.0298,.0038,.0858,-.0500,.0479,-.0471,.0032,.0439,.0486,-.1018,-.0146,.0214,.0281,.0026,.0365,.0684,.0241,-.0316,-.0313,.0693,.0756,.0027,.0683,-.0698,-.0950,-.0478,-.1045,-.0338,-.0434,.0096,.0381,-.0215,-.0415,.0238,.0121,.0410,-.0514,-.0903,.0518,-.0692,-.0216,-.0268,.0940,-.0467,-.0375,.0086,.0767,.0135,.0188,-.0028,-.1010,.0039,-.0289,-.0407,.0221,.1291,-.0729,.0137,.0219,-.0837,.0721,-.0455,-.0689,.0161,.0422,-.0881,-.0296,.0233,.0206,.0824,.0647,-.0257,.0196,.0254,-.0277,.0714,.0128,-.0478,.0356,-.0325,-.0285,-.0151,.0193,-.0630,-.0258,-.0093,.0460,.0538,.0529]'),
    (6, 1, 46, '[.0053,-.0237,-.0261,-.0896,.0525,-.0091,.0267,.0301,.0861,-.0042,.0344,.0531,.0622,-.0481,-.0632,.0615,.0033,-.0461,-.0200,-.0958,.0365,-.0231,-.0658,.0402,.0480,.1053,-.0345,-.0380,.0247,-.0411,-.0136,-.0372,.0427,-.0427,.0397,-.0098,-.0573,-.0358,.0290,-.0397,-.0477,.0207,.0440,.0001,.0732,.0409,-.0614,.0389,-.0507,-.0099,-.0140,.0615,.0074,.0032,.0214,-.0508,-.0877,-.0812,-.0443,.0605,.0289,-.0170,.0166,.0281,.0666,.0949,.0565,.0210,-.0950,-.0509,-.0362,.0815,-.0114,-.0355,.0452,-.0006,.0050,-.0616,-.0037,-.0235,-.0698,-.0565,-.0480,.0609,-.0904,.0483,.0573,-.0599,.0578,-.0335,-.0015,.0735,-.0712,-.0370,-.0418,-.0795,-.0426,.0376,.0431,-.0217,.0945,-.0090,.1180,-.0814,-.0049,.0099,-.0082,-.0455,.0891,-.0660,-.0957,.0544,.1018,.0599,-.0237,-.0539,-.0251,-.1200,.0405,-.0798,.0624,-.0309,-.0755,-.0677,-.0815,.0334,-.0011,.0462,.0096,-.0380,.0190,.0288,.0532,.0572,.0617,.1069,-.0394,.0163,.0067,-.0471,-.0383,.0613,.0061,.0119,.0911,.0761,.0827,-.0221,.0592,-.0339,.0583,-.0522,.0640,.0056,.0078,-.0118,-.0577,-.0406,.0447,.0824,-.0773,-.0365,-.0760,-.0174,-.0466,-.0134,.0286,.0626,-.0228,-.0260,-.0865,.0581,-.0372,.0565,-.0055,.0175,-.0542,.0264,.0549,.0441,-.0436,-.0444,-.0414,-.0553,-.0510,-.0392,-.0578,.0332,.0319,.0030,-.0028,.0661,-.0506,-.0570,-.0492,.0048,-.0429,.0286,.0326,.0352,.0016,.0294,.0486,-.0043,.0022,.0108,-.0368,.0307,-.0806,.0254,.0567,-.0821,-.0501,.0476,-.0341,-.0190,.0362,.0297,-.0414,.0005,.0273,-.0078,.0419,-.0954,-.0750,.0507,.0655,-.0837,-.0011,.0455,-.0137,-.0318,-.0618,-.0985,-.0829,-.0516,.0098,.0410,.0278,-.0831,-.0602,-.0619,.0046,-.0638,.0590,-.0314,.0236,.0232,.0161,-.0001,.0554,-.0767,-.0396,-.0341,-.0453,.0496,.0447,.0898,-.0731,.0398,-.0319,-.0244,.0994,.0502,.0285,.0233,-.0173,.0046,-.0421,.0038,-.0889,.0137,.0175,-.0487,-.0654,-.0584,.0151,.0781,-.0379,-.0200,.0684,.0081,.0290,.0337,-.0108,-.0151,-.0110,.0809,-.0324,-.0299,-.0282,-.0472,.0591,-.0156,.1118,-.0059,.0184,.0840,-.0004,.0419,-.0070,-.0258,.0301,.0662,-.1062,.0274,.0148,.0364,.0426,.0356,.0423,.0397,-.0722,.0061,.0149,.0889,.0242,.0775,-.0336,-.0193,-.0820,-.0522,-.0298,-.0497,.0417,.0534,-.0344,-.0392,.0573,-.0237,.0576,-.0390,-.0430,.0287,-.0463,-.0175,.0233,.0521,-.0551,-.0633,-.0016,.0494,-.0006,.0228,-.0337,-.0589,.0581,-.0344,.0168,.0306,.0996,-.0956,.0177,.0241,-.0639,.0638,-.0052,-.0331,.0816,.0978,-.1026,-.0280,.0526,.0832,.0675,.0610,-.0598,.0249,.0243,-.0471,.0839,.0600,-.0468,.0292,-.0252,-.0179,-.0414,.0707,-.0174,-.0713,.0090,.0985,.0226,.0676]'),
    (7, 0, 56, '[.0174,-.0344,-.0417,-.0402,.0598,-.0698,.0083,.0244,.0785,-.0107,.0353,.0017,.0146,-.0307,-.0359,.0480,.0285,-.0368,-.0513,-.0590,.0444,.0470,-.0720,.0521,.0744,.0492,-.0544,-.0149,.0310,-.1071,-.0259,-.0528,.0117,-.0800,.0136,.0394,-.0630,-.0763,.1111,-.0589,-.0130,.0310,.0492,.0467,.0013,.0450,-.0126,.0157,-.0370,-.0057,-.0403,.0687,-.0165,.0110,.0282,-.0816,-.0745,-.0790,-.0565,.1083,.0406,-.0446,.0269,.0572,.1183,.1139,.0325,.0810,-.0815,-.0086,-.0445,.0337,.0161,-.0197,.0088,-.0224,.0005,-.0241,.0213,-.0349,-.0278,-.0332,-.0263,.0479,-.0235,.0883,.0680,-.0562,.0351,-.0517,.0642,.0671,-.0307,-.0267,-.0474,-.0332,-.0459,.0418,.0437,-.0510,.0434,.0005,.1219,-.0846,-.0142,.0511,.0136,-.0730,.0388,-.0595,-.0914,.0223,.0549,.0534,-.0245,-.0224,-.0274,-.0533,.0161,-.0360,.0366,-.0141,-.0237,-.0723,-.0566,-.0286,.0460,.0461,-.0215,.0249,.0460,.0477,.0006,.0634,.0251,.0604,-.0805,.0016,-.0159,-.0222,-.0584,.0876,-.0080,.0426,.1113,.0585,.0967,-.0795,.0580,-.0755,.0580,-.0835,.0817,.0154,.0344,-.0612,-.0516,-.0408,.0587,.0580,-.0523,-.0689,-.0570,.0030,-.0193,-.0211,-.0132,.0530,-.0392,-.0242,-.0300,.0133,-.0162,.0714,.0261,.0392,-.0363,.0163,.0640,.0622,-.0471,-.0118,-.0615,-.0655,-.0227,-.0830,-.0865,.0345,.0273,-.0279,-.0555,.0281,-.0085,-.0559,-.0238,.0089,-.0563,.0451,.0467,.0531,.0437,-.0213,.0373,.0797,.0174,.0031,-.0654,.0488,-.0749,.0803,.0601,-.0365,-.0780,.0564,-.0400,-.0423,-.0082,.0487,-.0333,.1040,.0355,-.0009,.0411,-.0909,-.0848,.0648,.0520,-.0525,-.0277,.0458,-.0342,-.0636,-.0233,-.0947,-.0617,-.0629,-.0263,.0593,.0393,-.0606,-.0346,-.0622,.0504,-.0472,.0619,-.0293,.0038,.0243,-.0171,.0303,.0674,-.0531,-.0908,-.0439,-.0864,.0771,.0467,.0730,-.0515,.0484,.0485,-.0189,.0963,.0252,.0254,.0196,-.0560,-.0410,-.0238,-.0418,-.0866,.0330,-.0040,-.0359,-.0700,.0020,.0044,.0667,-.0576,-.0361,.0857,-.0015,.0392,.0330,.0779,-.0198,-.0632,.0404,-.0513,-.0340,.0140,-.0631,.0469,-.0403,.0612,.0633,.0084,.0890,-.0111,.0535,-.0109,-.0615,.0448,.0250,-.1014,.0256,.0074,.0300,.0435,.0049,.0554,.0551,.0012,-.0555,.0029,.1055,-.0488,.0633,-.0247,-.0096,-.0266,-.0729,.0044,-.0304,.0147,.0668,-.0395,-.0471,.0273,.0206,.0560,-.0364,-.0389,.0038,-.0485,-.0120,-.0437,.0333,-.0663,-.0986,.0259,.0264,-.0233,.0081,-.0297,-.0534,.0386,.0130,-.0418,.0141,.0595,-.0752,.0231,.0620,-.0356,.0697,-.0427,-.0567,.0587,.0134,-.0929,-.0145,.0257,.0286,.0503,.0354,-.0422,.0288,.0058,-.0663,.1013,.0568,.0081,-.0225,-.0417,-.0983,-.0557,.0406,-.0756,-.0501,.0520,.0595,.0293,.0431]'),
    (8, 0, 45, '[.0002,-.0181,-.0409,-.0195,.0620,-.0478,.0020,.0166,.1116,-.0100,.0452,.0162,.0639,-.0407,-.0405,.0647,.0644,-.0485,-.0470,-.0610,.0513,.0152,-.0453,.0179,.0431,.0498,-.0042,.0507,.0417,-.1190,-.0475,-.0265,.0360,-.0904,.0360,.0032,-.0415,-.0362,.0248,-.0808,-.0023,.0533,.0589,.0320,.0423,.0468,-.0474,.0523,-.0374,-.0192,-.0359,.0427,.0381,.0477,.0195,-.0573,-.0708,-.0914,-.0463,.0515,.0740,-.0709,.0373,.0122,.0827,.0735,.0324,.0529,-.0375,-.0231,-.0611,.0875,-.0105,-.0305,.0224,-.0070,-.0294,-.0658,.0018,-.0489,-.1137,-.0391,-.0236,-.0263,-.0781,.0405,.0269,-.0744,.0828,-.0037,.0682,.0434,-.0459,-.0784,-.0748,-.0444,-.0720,.1151,.0513,-.0192,.0747,.0085,.0576,-.1007,-.0546,.0319,-.0045,-.0463,.0675,-.0502,-.1001,.0356,.0906,.0618,-.0248,-.0313,-.0176,-.0966,.0278,-.0619,.0410,.0030,-.0630,-.0722,-.0679,-.0156,.0360,.0508,-.0461,.0106,-.0223,.0179,.0629,.0529,.0533,.0905,-.0398,.0253,-.0088,-.0319,-.0359,.0886,-.0457,.0613,.0828,.0646,.0887,-.0382,.0460,-.0655,.0633,-.0413,.0822,.0448,.0099,-.0179,-.0634,-.0272,.0360,.0232,-.0212,-.0310,-.0677,-.0329,-.0522,-.0266,.0237,.0575,-.0599,-.0744,-.0490,.0415,-.0466,.0118,.0226,.0251,-.0127,.0279,.0655,.0664,-.0021,-.0663,-.0269,-.0577,-.0424,-.0207,-.0138,.0108,.0285,-.0278,-.0488,.0729,-.0206,-.0212,-.0684,.0342,-.0311,.0521,.1080,.0298,-.0026,-.0080,.0451,.0253,.0069,-.0168,-.0363,.0664,-.0340,.0477,.0708,-.0224,-.0799,.0389,-.0034,-.0123,.0087,.0549,-.0346,.0299,.0355,-.0212,-.0045,-.1269,-.0842,.0231,.0390,-.1072,-.0286,.0505,-.0513,-.0440,-.0789,-.0872,-.0444,-.0530,.0011,.0688,.0179,-.0543,-.0389,-.0295,.0289,-.0736,.0643,-.0408,-.0184,-.0028,-.0090,.0388,.0360,-.0705,-.0325,.0082,-.0463,.0544,.0294,.0919,-.0643,.0376,.0063,-.0502,.0461,.0192,.0210,.0252,-.0806,-.0017,-.0373,-.0227,-.0667,.0204,.0427,-.0400,-.0801,-.0890,.0282,.0676,-.0274,-.0167,.0535,.0318,.0231,.0800,.0702,-.0304,.0064,.0722,-.0249,-.0183,-.0148,-.0946,.0609,-.0154,.0984,-.0135,-.0027,.0799,-.0209,.0344,-.0311,-.0482,.0565,.0497,-.0769,.0458,.0137,.0383,.0367,.0141,.0617,.0513,-.0469,-.0745,.0467,.0758,-.0192,.0360,-.0772,-.0589,-.0578,-.0646,-.0142,-.0440,.0304,.0466,-.0767,-.0217,.0617,-.0261,.0139,.0138,-.0299,.0498,-.0220,-.0258,-.0249,.0692,-.0810,-.0584,-.0111,.0063,-.0494,.0496,-.0236,-.0599,.0326,-.0244,.0006,.0533,.0860,-.0691,.0103,.0312,-.0500,.0744,-.0414,-.0431,.0575,.0294,-.0425,-.0116,.0513,.0372,.0636,.0537,-.0262,.0349,.0689,-.0713,.0988,.0633,-.0478,-.0207,-.0124,-.0760,-.0251,.0608,-.0427,-.0519,.0430,.0861,.0356,.0930]'),
    (8, 1, 52, '[.0061,-.0490,-.0687,-.0847,.0658,.0014,-.0123,.0488,.0811,-.0386,.0130,-.0177,.0518,.0044,-.0294,.0669,.0084,-.0217,.0303,-.0709,.0424,-.0046,-.0426,.0268,.0130,.0676,-.0412,.0021,.0587,-.0722,-.0602,-.0754,.0524,-.0682,.0019,.0247,-.0231,-.0528,.0547,-.0636,-.0182,.0389,.0729,.0275,.0336,.0318,-.0814,.0503,-.0238,-.0483,.0113,.0468,.0076,.0194,.0210,-.0857,-.0717,-.1039,-.0764,.0265,.0738,-.0676,-.0250,.0312,.1041,.0848,.0591,.0582,-.0625,-.0265,-.0713,.0552,.0194,-.0233,.0057,.0230,.0359,-.0330,.0063,-.0635,-.1018,-.0408,-.0335,.0190,-.0640,.0719,.0441,-.0484,.0660,-.0386,.0624,.0384,-.0614,-.0648,-.0929,-.0681,-.0559,.0373,.0577,-.0135,.0662,-.0213,.0709,-.0775,-.0864,.0533,.0387,-.0408,.0517,-.0488,-.0462,.0439,.0910,.0556,-.0437,-.0246,-.0525,-.0879,.0423,-.0203,.0149,-.0169,-.0343,-.0502,-.0298,-.0093,.0254,.0365,.0019,.0035,-.0246,.0582,-.0006,.1043,.0654,.0672,-.0550,.0120,-.0530,-.0261,-.0652,.1018,-.0080,.0086,.0901,.0788,.0621,-.0165,.1143,-.0619,.0509,-.0072,.0634,.0455,.0248,-.0135,-.0963,-.0471,.0640,.0728,-.0239,-.0326,-.0635,.0067,-.0714,-.0164,-.0099,.0335,-.0408,-.0594,-.0245,-.0248,-.0255,.0573,.0242,.0299,-.0067,.0520,.0671,.0348,-.0224,-.0104,-.0641,-.0920,-.0326,-.0337,-.0120,.0211,.0272,-.0192,-.0001,.0495,-.0162,-.0531,-.0867,.0246,.0241,.0424,.0307,.0392,-.0452,-.0167,.0446,.0402,.0250,.0055,-.0324,.0774,-.0340,.0482,.0808,-.0509,-.0501,.0887,-.0338,-.0173,-.0102,.0474,-.0286,.0497,.0670,.0329,.0478,-.1082,-.0996,.0391,.0168,-.1064,-.0481,.0245,-.0286,-.0595,-.0210,-.0573,-.0291,-.0555,.0089,.0789,.0454,-.0305,-.0150,-.0240,.0482,-.0767,.0575,-.0415,-.0085,.0050,.0321,.0414,.0531,-.0536,-.0554,-.0532,-.0116,.0956,.0352,.1298,-.0553,.0397,-.0457,-.0570,.0989,.0445,.0228,.0296,-.0294,-.0375,-.0361,-.0850,-.0543,.0260,.0233,-.0480,-.0842,-.0756,.0031,.0666,.0081,-.0299,-.0016,.0089,.0333,.0362,.0602,.0129,-.0523,.0370,-.0166,-.0606,.0235,-.0823,.0785,-.0177,.0632,.0227,.0269,.0695,-.0239,.0389,-.0021,-.0702,.0502,.0687,-.0612,.0622,.0275,.0309,.0326,.0306,.1029,.0254,-.0322,-.0417,.0685,.0552,-.0048,.0245,-.0560,-.0944,-.0647,-.0436,.0148,-.0400,.0510,.0649,-.0867,-.0143,.0056,-.0481,.0468,-.0200,-.0245,.0258,-.0887,.0268,.0102,.0294,-.0836,-.0248,.0220,.0538,-.0830,.0449,-.0484,-.0866,.0111,.0165,-.0175,.0574,.0492,-.0933,.0173,.0004,-.0688,.0640,-.0378,-.0299,.0586,.0222,-.0520,-.0480,.0596,.0465,.0391,.0272,-.0129,.0290,.0093,-.0682,.0579,.0341,-.0123,-.0424,-.0362,-.0474,-.0693,.0713,-.0788,-.0334,.0314,.0566,.0359,.0678]'),
    (8, 2, 42, '[-.0051,-.0201,-.0472,-.0163,.0348,-.0430,.0097,.0626,.0449,-.0090,.0508,.0004,.0783,-.0242,-.0191,.0502,.0880,-.0144,-.0047,-.0912,.0222,.0162,-.0193,.0510,.0863,.0659,-.0138,-.0151,-.0038,-.0793,-.0480,-.0215,.0386,-.0532,.0358,.0224,-.0250,-.0487,.0416,-.0809,-.0021,.0059,.0121,.0148,.0372,.0454,-.0281,.0443,-.0302,-.0296,-.0400,.0345,.0220,.0549,.0007,-.0511,-.0751,-.0782,-.0631,.0468,.0474,-.0191,.0090,.0038,.0868,.0918,.0404,.0559,-.0920,-.0201,-.0880,.0443,-.0500,-.0457,.0076,.0270,-.0120,-.0335,.0044,-.0882,-.0750,-.0376,-.0384,.0598,-.0305,.0675,.0644,-.0974,.0902,-.0164,.0640,.0028,-.0541,-.0883,-.0549,-.0656,-.0166,.0630,.0739,-.0479,.0532,-.0415,.0580,-.0603,-.0395,.0192,.0193,-.0368,.0597,-.0743,-.0966,.0158,.0396,.0184,-.0553,-.0288,-.0227,-.0669,.0375,-.0256,.0313,-.0156,-.0190,-.0728,-.0453,-.0483,.0406,.0813,-.0094,-.0008,.0061,.0774,.0151,.0407,.0278,.0925,-.0505,.0157,-.0214,-.0292,-.0801,.0375,.0039,.1114,.0676,.0537,.0968,-.0196,.0587,-.0030,.0777,-.0697,.0610,.0373,.0208,-.0410,-.0381,-.0628,.0545,.0349,-.0035,-.0076,-.0674,.0019,-.0575,-.0117,.0147,.0603,-.0223,-.0439,-.0776,.0350,-.0545,.0748,.0144,.0719,-.0503,.0238,.0785,.0633,-.0139,-.0602,-.0001,-.0539,-.0765,-.0409,-.0248,.0295,.0211,-.0416,-.0593,.0740,-.0452,-.0634,-.0905,.0426,-.0578,.0429,.0522,.0361,-.0711,-.0066,.0296,.0393,-.0097,-.0088,-.0507,.0439,-.0229,.0381,.0668,-.0760,-.0479,.0473,.0143,-.0098,-.0163,.0784,-.0305,.0144,.0304,-.0122,.0294,-.0907,-.0829,.0366,.1095,-.0767,-.0056,.0923,-.0088,-.0612,-.0545,-.0593,-.0379,-.0422,-.0090,.0575,.0475,-.0541,-.0391,-.0464,.0204,-.0894,.0687,-.0282,-.0353,.0473,.0202,.0418,-.0205,-.0820,-.0137,-.0216,-.0738,.0603,.0725,.0293,-.0790,.0360,-.0064,-.0690,.0994,.0219,.0070,.0063,-.0671,-.0059,-.0865,-.0163,-.0394,-.0070,.0522,-.0610,-.0547,-.0886,.0141,.0614,-.0474,-.0305,.0117,.0315,.0209,.1002,.0751,-.0152,.0128,.0636,-.0404,-.0355,-.0095,-.0696,.0549,-.0261,.0849,.0041,.0150,.0695,-.0004,.0752,-.0067,-.0536,.0468,.0406,-.0590,.0479,.0168,.0259,.0318,.0215,.0613,.0700,-.0345,-.0412,.0729,.0775,-.0438,.0875,-.0923,-.0902,-.0686,-.1021,-.0024,.0024,.0018,.0185,-.0771,-.0529,.0494,-.0062,.0385,-.0551,-.0352,.0764,-.1016,-.0061,-.0276,.0734,-.0620,-.0470,.0213,.0134,-.0198,.0411,-.0103,-.0661,.0498,-.0403,-.0202,.0207,.1120,-.0891,.0197,.0369,-.0359,.0742,-.0622,-.0510,.0743,.0413,-.0288,-.0418,.0304,.0474,.0672,.0391,-.0031,.0138,.0145,-.0456,.0650,.0649,-.0410,-.0189,-.0401,-.0581,-.0097,.0846,-.0391,-.0345,.0231,.0641,.0504,.0746]'),
    (9, 0, 43, '[.0178,-.0179,-.0247,-.0562,.0615,-.0396,-.0234,.0311,.0620,.0057,.0394,.0269,.0390,-.0250,-.0365,.0315,.0077,-.0627,.0050,-.0747,.0243,.0281,-.0366,.0458,.0805,.0466,-.0156,.0101,.0388,-.0928,-.0806,-.0439,.0223,-.0833,.0497,.0128,-.0464,-.0421,.0390,-.0682,-.0257,.0745,.0532,-.0009,.0684,.0462,-.0572,.0352,-.0228,.0024,-.0035,.0758,.0480,.0664,.0073,-.0545,-.0654,-.0595,-.0709,.0208,.0450,-.0219,.0143,.0036,.0745,.0637,.0786,.0527,-.0975,-.0285,-.0517,.0565,-.0312,-.0553,-.0106,-.0039,.0035,-.0634,.0135,-.0628,-.0659,-.0555,-.0339,.0120,-.0506,.0551,.0433,-.0931,.0823,-.0312,.0641,.0899,-.0666,-.0534,-.0320,-.0759,-.0151,.0393,.0700,-.0265,.0813,-.0225,.0300,-.0607,-.0308,.0160,.0317,-.0593,.1059,-.0499,-.0596,.0181,.1060,.0476,-.0558,-.0238,-.0202,-.1246,.0442,-.0773,.0431,-.0318,-.0669,-.0333,-.0620,-.0135,.0087,.0260,-.0183,-.0107,-.0340,.0386,.0192,.0860,.0546,.0822,-.0322,.0069,-.0110,-.0163,-.0145,.0497,-.0182,.0469,.0419,.0498,.0647,-.0473,.0728,-.0308,.0941,-.0232,.0328,.0709,.0157,-.0712,-.0662,-.0466,.0257,.0245,-.0383,-.0312,-.0348,-.0327,-.0351,-.0116,.0232,.0504,-.0393,-.0740,-.0606,.0367,-.0361,.0333,.0226,.0378,-.0545,.0145,.0490,.0744,.0099,-.0414,-.0502,-.0709,-.0727,-.0628,-.0189,.0481,.0033,-.0547,-.0232,.0606,-.0255,-.0523,-.0717,-.0060,-.0446,.0585,.0459,.0655,-.0109,.0002,.0649,.0065,.0042,-.0173,-.0630,.1086,-.0469,.0218,.0723,-.0328,-.0694,.0529,.0402,-.0331,.0294,.0461,-.0369,.0372,.0343,-.0442,.0008,-.0983,-.0878,.0725,.0654,-.1185,-.0447,.0590,-.0029,-.0235,-.0608,-.0910,-.0763,-.0470,-.0447,.0609,.0260,-.0541,-.0447,-.0487,.0153,-.0605,.0448,-.0192,-.0574,-.0102,.0147,.0156,.0195,-.0587,-.0409,-.0058,-.0329,.0734,.0360,.0820,-.0548,.0492,-.0103,-.0415,.0892,.0366,.0067,.0241,-.0666,.0453,-.0758,-.0303,-.0400,.0103,.0365,-.0327,-.0853,-.0768,.0394,.0299,-.0433,-.0029,.0550,.0456,.0110,.0585,.0587,.0048,-.0063,.0698,-.0536,-.0520,-.0029,-.0654,.0590,-.0327,.0768,.0488,.0170,.1061,-.0034,-.0026,-.0702,-.0394,.0213,.0364,-.0440,.0597,.0178,.0380,.0375,.0402,.1060,.0643,-.0663,-.0453,.0469,.1052,.0057,.0407,-.0844,-.0697,-.0415,-.0772,-.0361,.0092,.0118,.0236,-.0290,-.0142,.0315,-.0097,.0192,-.0564,-.0079,.0514,-.0269,-.0166,.0187,.0936,-.0526,-.0271,-.0115,.0401,-.0231,.0485,-.0255,-.0685,.0883,-.0259,-.0088,.0457,.1383,-.0630,.0019,.0240,-.0429,.0672,-.0226,-.0404,.0712,.0580,-.0281,-.0265,.0350,.0343,.0706,.0883,-.0502,.0092,.0279,-.0465,.0820,.0751,-.0796,-.0136,-.0469,-.0641,-.0344,.0257,-.0822,-.0529,.0196,.1224,-.0299,.0684]'),
    (9, 1, 43, '[-.0038,-.0395,-.0118,-.0605,.0405,-.0280,-.0009,.0149,.1117,.0236,.0393,.0246,.0390,-.0341,-.0277,.0809,.0731,-.0269,.0185,-.0693,.0331,-.0115,-.0273,.0364,.0389,.0012,.0206,.0083,.0487,-.0659,-.0346,-.0546,.0733,-.0766,.0081,.0095,-.0572,-.0558,.0318,-.0314,-.0171,.0249,.0270,.0543,.0299,.0406,-.0632,.0493,-.0232,-.0500,-.0300,.0569,.0079,.0592,.0504,-.0354,-.0736,-.0821,-.0921,.0116,.0641,-.0212,-.0056,.0496,.0396,.0767,.0307,.0721,-.0514,.0100,-.0649,.0644,.0213,-.0504,-.0090,.0263,.0098,-.0406,.0062,-.0640,-.0470,-.0306,.0052,.0396,-.0855,.0447,.0418,-.0597,.0842,-.0333,.0494,.0452,-.0109,-.0895,-.0078,-.0679,-.0803,.0370,.0648,-.0350,.0711,-.0463,.0373,-.0910,-.0510,.0119,-.0020,-.0754,.0662,-.0348,-.0669,.0340,.0889,.0638,-.0498,-.0450,-.0443,-.0701,.0262,-.0400,.0219,-.0221,-.0676,-.0862,-.0614,-.0141,.0321,.0552,-.0249,-.0203,.0258,.0156,.0378,.0450,.0404,.1104,-.0279,.0146,-.0218,-.0171,-.0600,.0360,-.0247,.0583,.0835,.0461,.0896,-.0160,.0531,-.0524,.0818,-.0597,.0568,.0639,-.0088,-.0631,-.0674,-.0562,.0448,.0461,-.0218,-.0698,-.0701,-.0294,-.0632,-.0046,.0503,.0483,-.0576,-.0470,-.0678,.0437,-.0237,.0649,.0234,.0798,-.0400,-.0089,.0720,.0672,-.0272,-.0364,-.0389,-.0475,-.0219,-.0918,-.0341,.0381,.0098,-.0161,-.0627,.0726,-.0517,-.0184,-.0338,.0317,-.0572,.0416,.0628,.0478,-.0036,.0488,.0579,-.0005,.0024,-.0297,-.0360,.0724,-.0015,.0187,.0525,-.0482,-.0755,.0413,.0265,-.0481,.0303,.0701,-.0170,.0053,.0371,.0068,.0098,-.1283,-.0891,.0608,.0211,-.0949,-.0421,.0384,-.0546,-.0582,-.0326,-.0762,-.0460,-.1102,.0145,.0450,.0115,-.0527,-.0610,-.0153,.0038,-.0893,.0587,-.0139,-.0196,-.0294,.0227,.0068,.0422,-.0711,-.0245,-.0062,-.0246,.0937,.0844,.1037,-.0816,.0447,.0193,.0062,.1101,.0356,.0112,.0209,-.0314,.0046,-.0656,-.0504,-.0910,.0366,.0454,-.0154,-.0945,-.0571,-.0100,.0679,-.0528,-.0419,.0260,.0248,.0161,.0841,.0487,-.0228,-.0009,.0736,-.0541,-.0708,.0326,-.0607,.0484,-.0326,.1335,.0426,.0110,.0550,-.0401,.0129,-.0302,-.0420,.0468,.0542,-.0899,.0174,.0417,.0341,.0365,.0435,.0776,.0486,-.0512,-.0361,.0551,.0860,-.0034,.0575,-.0449,-.0448,-.0497,-.0568,-.0058,-.0213,-.0053,.0528,-.0299,-.0391,.0318,-.0256,.0303,-.0523,-.0347,.1004,-.0661,-.0069,-.0004,.0892,-.0360,-.0066,.0088,.0242,-.0056,.0507,-.0242,-.0928,.0538,-.0501,-.0252,.0543,.0877,-.0471,-.0065,.0313,-.0408,.0540,-.0533,-.0575,.0629,.0333,-.0843,-.0417,.0105,.0445,.1040,.0824,-.0196,.0175,-.0039,-.0489,.0854,.0401,-.0596,.0142,-.0408,-.0607,-.0500,.0411,-.0786,-.0710,.0082,.0829,-.0112,.0690]'),
    (9, 2, 46, '[.0427,-.0042,-.0121,-.0352,.0676,-.0292,-.0064,.0344,.1089,-.0101,.0049,.0159,.0798,-.0186,-.0468,.0713,.0051,-.0386,-.0146,-.0562,.0181,-.0107,-.0700,.0324,.0418,.0861,-.0238,-.0057,.0340,-.1020,-.0611,-.0514,.0635,-.0457,.0202,.0181,-.0354,-.0271,.0691,-.0487,-.0552,.0431,.0034,.0349,.0435,.0261,-.0453,.0327,-.0025,-.0467,.0094,.0226,.0127,.0889,.0158,-.0642,-.0757,-.0736,-.0602,.0573,.0795,-.0398,.0466,.0045,.0677,.1091,.0831,.0434,-.0580,-.0165,-.0493,.0347,-.0131,-.0236,.0063,.0065,-.0047,-.0575,.0380,-.0350,-.0717,-.0403,-.0732,.0336,-.0879,.0823,.0306,-.0964,.0862,-.0000,.0544,.0799,-.0398,-.0485,-.0301,-.0464,-.0060,.0430,.0767,-.0348,.0903,-.0215,.0756,-.0791,-.0304,.0550,.0006,-.0467,.0767,-.0655,-.0934,.0362,.0808,.0510,-.0827,-.0029,-.0223,-.0982,.0326,-.0306,.0203,-.0535,-.0414,-.0686,-.0659,.0055,.0492,.0538,-.0396,-.0214,-.0176,.0211,-.0180,.1154,.0272,.0676,-.0836,-.0006,-.0508,.0057,-.0507,.0411,-.0252,.0569,.0847,.0440,.0627,-.0375,.0962,-.0444,.0666,-.0713,.0657,.0366,.0169,-.0563,-.0933,-.0169,.0126,.0521,-.0355,-.0418,-.0499,.0022,-.0600,-.0376,.0360,.0652,-.0720,-.0560,-.0677,.0190,-.0304,.0159,.0109,.0300,-.0195,.0148,.0600,.0117,-.0216,-.0328,-.0440,-.0818,-.0724,-.0635,-.0451,.0464,.0351,-.0207,-.0195,.0336,-.0284,-.0562,-.0170,-.0033,-.0520,.0646,.0848,.0342,.0095,.0093,.0667,.0467,.0174,-.0054,-.0517,.0816,-.0446,.0385,.0292,-.0573,-.0943,.0943,.0065,-.0563,.0125,.0680,-.0080,.0350,.0284,-.0152,.0113,-.1233,-.0615,.0224,-.0021,-.1023,-.0373,.0316,-.0449,-.0318,-.0465,-.0741,-.0451,-.0491,-.0193,.0571,.0413,-.0941,-.0296,-.0519,.0313,-.0439,.0530,-.0456,-.0378,.0151,.0188,-.0273,.0474,-.0652,-.0646,-.0162,-.0284,.0920,.0306,.0834,-.0429,.0201,.0011,.0255,.1116,.0044,.0178,-.0236,-.0275,-.0210,-.0595,-.0493,-.0268,-.0051,.0194,-.0370,-.0925,-.0354,.0413,.0349,-.0493,-.0199,.0612,.0505,.0103,.0792,.0683,.0063,-.0062,.0217,-.0685,-.0407,-.0016,-.0406,.0221,-.0194,.0645,.0144,.0040,.0595,-.0560,.0170,-.0310,-.0428,.0247,.0870,-.1091,.0409,.0049,.0292,.0579,.0365,.0500,.0243,-.0248,-.0222,.0026,.0916,-.0250,.0498,-.0308,-.0684,-.0838,-.0229,-.0281,-.0530,.0564,.0754,-.0414,-.0638,.0680,-.0221,.0300,-.0131,-.0114,.0522,-.0109,.0009,.0059,.0294,-.0642,-.0052,-.0050,.0335,-.0176,.1096,-.0689,-.0343,.0771,-.0108,-.0107,.0365,.0824,-.0890,.0127,.0198,-.0895,.0573,-.0424,-.0395,.0381,.0308,-.0638,-.0214,.0711,.0605,.0760,.0903,-.0014,.0596,.0389,-.0531,.1130,.0590,-.0469,-.0190,-.0346,-.0442,-.0619,.0417,-.0390,-.0564,.0450,.1124,-.0210,.0516]'),
    (10, 0, 58, '[.0287,-.0404,-.0493,-.0508,.0674,-.0213,.0322,.0553,.0596,.0185,.0399,.0460,.0520,-.0064,-.0559,.0582,.0513,-.0162,-.0179,-.0783,.0296,.0079,-.0631,.0273,.0163,.0361,-.0652,.0093,.0316,-.0684,-.0426,-.0663,.0526,-.0604,.0081,.0219,-.0298,-.0529,.0724,-.0678,-.0171,-.0023,.0752,.0472,.0481,.0313,-.0760,.0511,-.0525,-.0718,-.0549,.0521,-.0152,.0148,.0349,-.0459,-.0957,-.0773,-.0823,.0550,.0642,-.0436,-.0016,.0316,.0896,.0877,.0455,.0669,-.0895,-.0379,-.0748,.0791,-.0062,-.0474,.0040,.0108,.0217,-.0164,.0087,-.0488,-.0134,-.0032,-.0139,.0589,-.0340,.0368,.0606,-.0877,.0146,-.0610,.0838,.0719,-.0508,-.0074,-.0517,-.0555,-.0284,.0210,.0358,-.0311,.0676,-.0302,.0347,-.0637,-.0255,.0335,.0473,-.0534,.0499,-.0544,-.0693,.0569,.0053,.0778,-.0683,.0204,-.0179,-.0424,.0353,-.0161,.0401,-.0141,-.0453,-.0638,-.0561,-.0165,.0597,.1010,-.0094,.0314,-.0026,.0396,.0524,.0849,.0408,.1037,-.0544,.0249,-.0273,-.0443,-.1013,.0577,-.0242,.0432,.0677,.0414,.0813,-.0577,.0905,-.0295,.0786,-.0727,.0742,.0337,.0582,-.0619,-.0756,-.0747,.0646,.0804,-.0533,-.0686,-.0610,.0153,-.0598,.0009,.0345,.0540,-.0045,-.0453,-.0190,.0449,.0012,.0711,-.0073,.0655,-.0365,.0417,.0591,.0262,-.0438,-.0434,-.0137,-.0785,-.0492,-.0335,-.0417,.0182,-.0035,-.0204,-.0258,.0309,-.0324,-.0621,-.0610,.0422,-.0090,.0165,.0092,.0089,-.0061,-.0044,.0114,.0828,.0312,-.0193,-.0508,.0425,-.0467,.0576,.0536,-.0937,-.0441,.0646,-.0039,-.0714,-.0078,.0316,-.0272,.0397,.0191,-.0082,.0392,-.0953,-.0860,.0569,.0497,-.0731,.0020,.0688,-.0685,-.0636,-.0426,-.0396,-.0380,-.0529,-.0302,.0575,.0635,-.0480,-.0292,-.0331,-.0080,-.0731,.0181,-.0361,-.0037,.0223,.0112,.0347,.0390,-.0477,-.0412,-.0408,-.0039,.0238,.0449,.0723,-.0516,.0578,-.0330,-.0180,.1010,-.0043,.0058,.0272,-.0328,-.0497,-.0502,-.0352,-.0687,.0023,.0641,-.0294,-.0832,-.0616,.0045,.0883,-.0222,-.0350,.0574,-.0403,.0218,.0342,.0643,.0165,-.0169,.0221,-.0202,.0138,.0011,-.0902,.0346,-.0955,.0695,.0239,-.0255,.0821,-.0297,.0656,-.0195,-.0595,.0550,.0914,-.0805,.0470,.0659,-.0249,.0556,.0259,.0896,.0096,-.0523,-.0168,.0879,.0741,-.0212,-.0009,-.0327,-.0399,-.0136,-.0867,.0432,-.0532,.0352,.0590,-.0731,-.0341,.0075,-.0458,.0585,-.0148,-.0111,-.0060,-.1371,-.0085,-.0638,.0529,-.0502,-.0765,.0326,.0603,-.0343,.0279,-.0849,-.0752,.0524,-.0080,-.0363,.0238,.0798,-.1052,.0081,.0372,-.0285,.0736,-.0378,-.0565,.0747,.0088,-.0309,-.0386,.0399,.0385,.0556,.0670,-.0196,-.0074,.0505,-.0820,.0960,.0329,-.0714,.0027,.0057,-.0372,-.0336,.0950,-.0491,-.0529,.0484,.0943,.0311,.0516]'),
    (10, 1, 51, '[.0159,-.0533,-.0517,-.0720,.0331,-.0170,.0571,.0143,.1009,.0160,.0323,.0619,.0803,-.0212,-.0670,.0530,.0552,-.0565,.0042,-.0623,.0428,-.0179,-.0330,.0405,.0385,.1014,-.0958,-.0149,.0462,-.0727,-.0465,-.0310,.0887,-.0438,.0607,.0250,-.0560,-.0800,.0798,-.0936,-.0146,.0040,.0504,.0116,.0191,.0132,-.0863,.0793,-.0191,-.0308,-.0716,.0798,-.0076,.0246,.0201,-.0383,-.0928,-.0723,-.0566,.0571,.0567,-.0748,.0372,.0199,.0951,.0816,.0386,.0342,-.0738,-.0536,-.0676,.0733,.0066,-.0256,.0081,.0100,.0438,-.0404,.0284,-.0343,-.0133,-.0111,-.0128,.0541,-.0500,.0385,.0974,-.1141,.0148,-.0515,.0710,.0207,-.0421,-.0314,-.0802,-.0647,-.0369,.0264,.0608,-.0423,.0343,-.0164,.0704,-.0524,-.0367,.0537,.0489,-.0659,.0448,-.0364,-.0279,.0524,.0362,.0398,-.0729,-.0346,.0029,-.0638,.0131,-.0264,.0404,-.0411,-.0448,-.0476,-.0452,-.0102,.0218,.0918,.0284,.0236,.0342,.0328,.0496,.0908,.0375,.1217,-.0392,.0028,-.0353,-.0233,-.0481,.0621,-.0680,.0142,.0625,.0571,.0521,-.0439,.1056,-.0247,.0591,-.0504,.0663,.0260,.0356,-.0158,-.0600,-.0726,.0256,.0822,-.0364,-.0466,-.0604,.0219,-.0782,-.0069,.0246,.0509,.0060,-.0564,-.0442,.0219,.0091,.0320,-.0334,.0839,-.0294,.0111,.0391,.0527,-.0087,-.0323,-.0287,-.0822,-.0255,-.0102,-.0366,-.0029,.0070,-.0228,-.0682,.0288,-.0430,-.0844,-.0454,.0344,-.0404,.0438,.0149,.0422,-.0486,-.0311,-.0057,.0572,.0230,-.0106,-.0297,.0861,-.0318,.0542,.0727,-.0972,-.0379,.1066,.0123,-.0371,-.0182,.0454,-.0750,.0438,.0598,-.0158,.0398,-.1401,-.0615,.0140,.0819,-.0590,-.0337,.0644,-.0334,-.0284,-.0501,-.0896,-.0443,-.0462,-.0536,.0706,.0515,-.0620,-.0450,-.0542,.0210,-.0782,.0416,-.0407,-.0316,-.0145,-.0125,.0117,.0189,-.0252,-.0333,-.0458,-.0025,.0394,.0602,.0537,-.0651,.0680,-.0025,-.0476,.0581,.0073,.0087,.0333,-.0602,-.0442,-.0542,-.0434,-.0749,.0255,.0417,-.0354,-.0948,-.0465,.0055,.0405,-.0240,-.0384,.0297,.0043,.0468,.0649,.0433,.0115,.0052,.0165,-.0263,-.0061,-.0176,-.0519,.0514,-.0808,.0779,.0205,.0279,.0937,-.0252,.0404,.0022,-.0662,.0326,.0703,-.0646,.0469,.0234,.0095,.0365,.0436,.0724,.0381,-.0248,-.0209,.0641,.0693,.0121,.0211,-.0146,-.0456,.0174,-.0666,.0248,-.0476,.0271,.0522,-.0558,-.0199,-.0068,-.0456,.0418,-.0240,-.0468,.0022,-.0684,-.0507,-.0473,.0645,-.0586,-.0748,.0358,.0273,-.0500,.0454,-.0559,-.0782,.0060,-.0268,-.0553,.0349,.1149,-.1063,-.0061,.0537,-.0147,.0675,-.0393,-.0762,.0864,.0381,-.0389,-.0237,.0290,.0236,.0681,.0741,-.0013,-.0033,.0481,-.0517,.0718,.0256,-.0511,-.0172,-.0122,-.0283,-.0162,.1014,-.0531,-.0876,.0506,.0826,.0540,.0762]'),
    (10, 2, 46, '[.0329,-.0762,-.0602,-.0356,.0517,-.0305,.0046,.0230,.0802,.0073,.0169,.0417,.1044,.0068,-.0633,.0694,.0266,-.0371,-.0296,-.0749,-.0005,.0292,-.0377,.0633,.0662,.0556,-.0287,-.0064,.0169,-.0696,-.0394,-.0463,.0350,-.0916,.0161,.0186,-.0416,-.0329,.0678,-.0156,-.0314,.0078,.0374,.0255,.0768,.0657,-.0416,.0621,-.0500,-.0307,-.0875,.0342,-.0246,.0050,.0451,-.0581,-.0742,-.0704,-.0752,.0391,.0761,-.0437,.0060,.0264,.1193,.0884,.0110,.0520,-.0859,-.0025,-.0434,.0789,.0081,-.0066,-.0297,.0351,.0136,-.0435,-.0159,-.0469,-.0158,-.0391,-.0403,.0051,-.0263,.0634,.0117,-.0742,.0479,-.0235,.0475,.0532,-.0681,-.0651,-.0589,-.0503,-.0946,.0556,.0712,-.0093,.0564,-.0134,.0890,-.0537,-.0559,.0109,.0163,-.0660,.0656,-.0438,-.0491,.0282,.0963,.0456,-.0304,-.0287,-.0162,-.0511,.0286,-.0382,.0661,-.0077,-.0143,-.0954,-.0529,.0007,.0533,.0899,.0373,-.0182,.0257,.0338,.0349,.0290,.0516,.0697,-.0492,.0132,-.0071,-.0113,-.0688,.0702,-.0377,.0077,.0718,.0284,.0653,-.0607,.0769,-.0206,.0596,-.1025,.0609,.0233,.0246,-.0326,-.0870,-.0348,.0724,.0372,-.0370,-.0486,-.0997,-.0232,-.0466,-.0131,.0316,.0286,-.0514,-.0488,-.0577,.0396,-.0623,.0235,.0152,.0581,-.0758,.0117,.0570,.0357,-.0324,-.0151,-.0076,-.0883,.0009,-.0596,-.0386,.0229,.0287,.0201,-.0371,.0628,-.0197,-.0513,-.0760,.0334,-.0222,.0542,.0379,.0001,.0063,.0073,.0445,.0638,.0230,-.0208,-.0551,.0218,-.0386,.0463,.0576,-.0856,-.0349,.0615,.0209,-.0406,-.0312,.0610,-.0455,.0182,.0469,-.0117,.0079,-.0962,-.0736,.0428,.1151,-.0572,-.0252,.0555,-.0020,-.1156,-.0235,-.0809,-.0238,-.0807,-.0249,.0422,.0101,-.0666,-.0493,-.0051,.0060,-.0798,.0703,-.0654,-.0005,.0619,-.0485,.0002,.0471,-.0434,-.0619,-.0427,-.0392,.0630,.0331,.1142,-.0300,.0633,-.0456,-.0189,.1131,.0454,.0078,.0238,-.0414,.0128,-.0662,-.0435,-.0443,.0066,.0427,-.0444,-.0949,-.0629,.0187,.0722,-.0185,-.0449,.0488,-.0089,.0064,.0676,.0513,.0213,-.0274,.0477,-.0339,-.0464,-.0216,-.0740,.0559,-.0589,.0713,.0601,-.0158,.0525,-.0226,.0216,.0036,-.0583,.0525,.0737,-.0702,.0123,.0781,.0482,.0498,.0466,.0842,.0670,-.0692,-.0324,.0471,.0864,-.0602,.0854,-.0311,-.0992,-.0247,-.0499,-.0286,-.0716,.0223,.0526,-.0540,-.0541,.0322,-.0317,.0588,.0426,-.0006,.0491,-.1108,.0108,.0087,.0242,-.0848,-.0676,.0230,.0434,-.0407,.0627,-.0038,-.0603,.0772,-.0305,-.0327,.0420,.0691,-.0769,.0288,.0474,-.0521,.0520,-.0178,-.0451,.0668,.0397,-.0459,-.0299,.0210,.0707,.0775,.0308,-.0273,-.0059,.0404,-.0729,.0639,.0433,-.0251,-.0299,-.0238,-.0280,-.0214,.0506,-.0245,-.0675,.0490,.0562,.0035,.0868]'),
    (11, 0, 59, '[.0512,-.0694,-.0351,-.0642,.0610,-.0751,-.0332,.0464,.0013,.0099,.0221,-.0066,.0527,-.0272,-.0731,.0019,.0074,-.0648,.0012,-.0788,.0291,-.0176,-.0244,.0222,.0656,.0595,-.0044,.0345,.0325,-.0738,-.0287,-.0973,.0867,-.0593,.0566,.0454,-.0677,-.0363,.0770,-.0474,.0160,.0336,.0358,.0326,.0239,.0671,-.0856,.0672,-.0397,-.0630,-.0315,.0182,-.0337,.0165,.0225,-.0894,-.0512,-.0649,-.0405,-.0084,.0988,-.0338,.0002,.0583,.0808,.0711,.0448,.0563,-.0710,-.0413,-.0617,.0945,.0525,-.0119,.0278,-.0022,.0734,-.0752,.0549,.0143,-.0781,-.0560,-.0167,.0415,-.0680,.0447,.0717,-.0689,.0540,.0407,.0981,-.0087,-.0181,-.0475,-.0703,-.0544,-.0843,.0417,-.0309,-.0604,.0827,-.0756,.0117,-.0578,-.0434,.0495,.0669,-.0439,.0551,-.0898,-.0922,.0599,.0682,.0266,-.0120,-.0078,-.0387,.0539,.0292,-.0512,.0641,-.0391,-.0483,-.0829,-.0488,-.0306,.0260,.0253,-.0358,-.0151,.0669,-.0340,.0042,.0638,.0525,.0815,-.0596,-.0238,.0317,-.0154,-.0704,.0043,-.0375,.0464,.0961,.0830,.1025,.0112,.0650,-.0276,.0402,.0161,.0859,.0821,.0229,-.0639,-.0420,-.0574,.0215,.0279,-.0270,-.0924,-.0532,-.0353,-.0190,-.0387,.0216,.0496,-.0208,-.0073,-.0103,.0274,.0025,.0488,-.0156,.0695,-.0281,.0879,.0385,.0354,-.0517,.0196,-.0395,-.1141,-.0158,-.0081,.0194,.0322,.0317,-.0431,.0110,.0865,-.0586,-.0654,-.0264,.0379,-.0421,.0139,.0325,.0392,.0326,-.0287,.0748,.0264,.0542,.0338,-.0742,.0304,-.0698,.0586,.0341,-.0648,-.0565,.0460,-.0384,.0081,.0054,.0446,-.0455,.0750,.0380,-.0147,.0610,-.0645,-.0316,.0584,-.0025,-.0877,-.0370,.0368,-.1185,-.0175,-.0801,-.0506,-.0652,-.0745,-.0020,.0306,.0322,-.0653,.0021,-.0389,.0448,-.0423,.0623,-.0430,.0150,.0198,-.0266,.0774,-.0285,-.0717,-.0620,-.0428,-.0189,.0211,.0292,.0593,-.0493,.0192,.0414,-.0237,.1213,.0388,.0271,.0375,-.0453,.0232,-.0217,-.0101,-.0455,.0461,.0576,-.0424,-.0505,-.0399,.0809,.0694,.0113,-.0782,.0412,.0382,.0595,.0319,.0297,-.0469,-.0409,.0032,-.0136,-.0301,-.0866,-.0308,.0773,-.0425,.0841,.0509,-.0055,.0724,-.0468,.0153,-.0075,-.0919,.0427,.0285,-.0672,.0266,-.0298,.0450,.0421,.0350,.0376,.0039,-.0286,-.0181,.0531,.0344,.0309,.0348,-.0379,-.0748,-.0434,-.0546,.0150,-.1017,.0316,.0855,-.0612,.0049,.0744,-.0187,.0309,-.0254,-.0451,.0752,-.0286,-.0364,-.0474,.0437,-.0849,.0029,.0141,.0435,-.0122,.0664,.0007,-.1012,.0907,-.0241,-.0330,.0516,-.0230,-.0721,.0189,.0344,-.0235,.0348,-.0139,-.0586,.0546,.0342,-.0885,-.0098,.0337,-.0120,.0853,.0244,-.0451,-.0007,-.0042,-.0765,.0389,.0208,-.0437,.0403,.0211,-.0871,-.0964,.0378,-.0511,-.0768,.0029,.0372,.0543,.0476]'),
    (11, 1, 49, '[.0467,-.0464,-.0168,-.1080,.0643,-.0541,-.0124,.0679,.0382,.0323,.0568,-.0074,.1013,-.0469,-.0920,.0498,.0205,-.0446,-.0327,-.0640,.0339,-.0137,-.0091,.0110,.0689,.0756,-.0169,.0679,.0225,-.1410,-.0272,-.0688,.0537,-.0266,.0495,.0236,-.0576,-.0382,.0452,-.0605,.0176,.0645,.0230,.0323,.0624,.0548,-.0418,.0408,-.0159,-.0451,-.0438,.0583,.0144,.0193,.0301,-.0369,-.0402,-.0576,-.0453,.0577,.1073,-.0080,.0400,.0068,.0885,.0975,.0303,.0515,-.0398,-.0644,-.0157,.0538,.0357,-.0445,-.0040,.0231,.0658,-.0632,.0243,-.0056,-.0701,-.0356,-.0471,.0157,-.0530,.0321,.0692,-.0738,.0608,.0176,.1109,.0439,-.0125,-.0547,-.0835,-.0290,-.0503,-.0031,-.0051,-.0232,.0864,-.0426,-.0119,-.0938,-.0454,.0818,.0340,-.0472,.0331,-.0602,-.1030,-.0068,.0479,.0569,-.0131,-.0091,-.0441,.0024,.0150,-.0875,.0663,-.0825,-.0293,-.0427,-.0679,-.0545,.0349,.0334,-.0631,.0148,.0363,.0059,.0144,.0375,.0547,.0960,-.0643,-.0012,-.0215,-.0341,-.0377,.0274,-.0795,.0424,.0522,.0846,.0678,-.0212,.0479,-.0549,.0192,-.0165,.1315,.0504,.0402,-.0890,-.0574,-.0336,.0101,.0147,-.0401,-.0944,-.0679,-.0339,-.0221,-.0505,.0205,.0470,-.0397,-.0238,-.0001,.0287,.0441,.0068,.0066,.0299,-.0373,.0828,.0912,.0438,.0015,-.0465,-.0333,-.0562,-.0429,-.0063,-.0403,.0236,.0368,-.0462,.0590,.0329,-.0150,-.0544,-.0445,.0446,-.0489,.0581,.0466,.0160,.0163,-.0950,.0443,.0276,.0541,.0219,-.0285,.0263,-.0518,.0584,.0481,-.1130,-.0703,.0682,-.0051,.0272,-.0118,.0779,-.0598,.0376,.0333,-.0186,.0744,-.0935,-.0548,.0728,-.0256,-.0443,-.0570,.0441,-.0434,-.0098,-.0527,-.0705,-.0722,-.0544,-.0145,.0713,.0121,-.0733,-.0235,-.0391,.0607,-.0738,.0479,-.0697,-.0036,.0507,-.0413,.0192,-.0111,-.0324,-.0524,-.0438,-.0240,.0532,.0403,.0771,-.0392,.0420,.0515,.0118,.0942,.0480,.0400,.0266,-.0515,.0013,-.0296,-.0099,-.0426,.0604,.0470,-.0251,-.0654,-.0608,.0778,.0742,.0007,-.0507,.0138,.0702,.0436,.0721,.0183,-.0334,-.0646,.0488,-.0431,-.0282,-.0410,-.0296,.0789,-.0161,.0755,.0135,-.0219,.0827,-.0450,.0077,-.0273,-.0746,.0701,.0696,-.0772,.0187,-.0105,.0320,.0075,-.0176,.0533,.0646,-.0308,-.0126,.0394,.0390,-.0090,.0482,-.0663,-.0523,-.0660,-.0477,-.0275,-.0395,.0506,.0916,-.0736,-.0285,.0386,.0050,.0463,-.0167,-.0295,.0860,-.0289,-.0189,-.0133,.0188,-.0708,-.0369,.0299,.0121,-.0482,.0799,-.0073,-.0649,.0412,-.0287,-.0546,.0292,-.0230,-.1159,.0337,-.0005,-.0387,.0690,-.0257,-.0715,.0527,.0405,-.0681,-.0143,.0385,.0137,.0587,-.0196,-.0069,-.0094,.0441,-.0784,.0625,.0486,-.0295,.0167,.0145,-.1069,-.0633,.0348,-.0359,-.1178,.0401,.0742,.0365,.0378]')
) v (document, chunk_index, tokens, embedding)
where c.chunk_index = v.chunk_index
    and c.document_id = ('0d100000-0000-4000-8000-' || lpad(v.document::text, 12, '0'))::uuid;
