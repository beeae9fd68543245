-- User management: what belongs to one person, whatever organizations they are in.

-- Profiles ------------------------------------------------------------------------------------------

create table public.user_profiles (
    user_id uuid primary key references auth.users (id) on delete cascade,
    full_name public.label,
    avatar_url public.web_url,
    job_title public.label,
    bio text constraint bio_is_short check (char_length(bio) <= 2000),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
comment on table public.user_profiles is
    'What a person shows to the people they share an organization with. Made at sign-up.';

alter table public.user_profiles enable row level security;
revoke all on public.user_profiles from public, anon, authenticated, service_role;
grant select on public.user_profiles to authenticated;
grant update (full_name, avatar_url, job_title, bio) on public.user_profiles to authenticated;
-- No delete: everything that names a person refers to the profile, and goes with the account alone.
grant select, insert, update on public.user_profiles to service_role;

-- The multi-tenancy area replaces this policy by one that lets colleagues in.
create policy user_profiles_select on public.user_profiles
    for select to authenticated
    using (user_id = (select auth.uid()));

create policy user_profiles_update on public.user_profiles
    for update to authenticated
    using (user_id = (select auth.uid()))
    with check (user_id = (select auth.uid()));

create trigger user_profiles_set_updated_at
    before update on public.user_profiles
    for each row execute function private.set_updated_at();
create trigger user_profiles_keep_identity
    before update of user_id on public.user_profiles
    for each row when (old.user_id is distinct from new.user_id)
    execute function private.refuse_change('user_id');

-- Preferences ---------------------------------------------------------------------------------------

create table public.user_preferences (
    user_id uuid primary key references auth.users (id) on delete cascade,
    theme text not null default 'system' constraint theme_is_known check (theme in ('system', 'light', 'dark')),
    language public.language_tag not null default 'en',
    time_zone public.time_zone not null default 'UTC',
    email_notifications boolean not null default true,
    push_notifications boolean not null default true,
    settings public.json_object not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
comment on table public.user_preferences is 'How a person wants the product to behave. Seen by nobody else. Made at sign-up.';
comment on column public.user_preferences.settings is 'Whatever the product wants to remember for the person.';

alter table public.user_preferences enable row level security;
revoke all on public.user_preferences from public, anon, authenticated, service_role;
grant select on public.user_preferences to authenticated;
grant update (theme, language, time_zone, email_notifications, push_notifications, settings)
    on public.user_preferences to authenticated;
grant select, insert, update, delete on public.user_preferences to service_role;

create policy user_preferences_select on public.user_preferences
    for select to authenticated
    using (user_id = (select auth.uid()));

create policy user_preferences_update on public.user_preferences
    for update to authenticated
    using (user_id = (select auth.uid()))
    with check (user_id = (select auth.uid()));

create trigger user_preferences_set_updated_at
    before update on public.user_preferences
    for each row execute function private.set_updated_at();
create trigger user_preferences_keep_identity
    before update of user_id on public.user_preferences
    for each row when (old.user_id is distinct from new.user_id)
    execute function private.refuse_change('user_id');

-- Sign-up -------------------------------------------------------------------------------------------

create function private.create_profile_of_user() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
    -- The metadata is the client's: whatever is not valid is left out, for a sign-up must not fail over it.
    name text := left(btrim(regexp_replace(
        coalesce(new.raw_user_meta_data ->> 'full_name', new.raw_user_meta_data ->> 'name', ''), '[[:cntrl:]]', ' ', 'g'
    )), 200);
    avatar text := new.raw_user_meta_data ->> 'avatar_url';
begin
    insert into public.user_profiles (user_id, full_name, avatar_url)
    values (
        new.id,
        nullif(btrim(name), ''),
        case when avatar ~ '^https?://[^[:space:][:cntrl:]]+$' and char_length(avatar) <= 2048 then avatar end
    )
    on conflict (user_id) do nothing;

    insert into public.user_preferences (user_id) values (new.id)
    on conflict (user_id) do nothing;
    return null;
end;
$$;
comment on function private.create_profile_of_user() is
    'After insert on auth.users: makes the profile (name and picture from the sign-up''s metadata) and the preferences.';
revoke all on function private.create_profile_of_user() from public, anon, authenticated, service_role;

create trigger groundwork_create_profile
    after insert on auth.users
    for each row execute function private.create_profile_of_user();

-- A project that adopts Groundwork may have users already.
insert into public.user_profiles (user_id) select u.id from auth.users u on conflict (user_id) do nothing;
insert into public.user_preferences (user_id) select u.id from auth.users u on conflict (user_id) do nothing;

-- Sessions ------------------------------------------------------------------------------------------

create table public.user_sessions (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
    auth_session_id uuid,
    device_name public.label,
    user_agent text constraint user_agent_is_short check (char_length(user_agent) <= 1024),
    ip_address inet,
    created_at timestamptz not null default now(),
    last_active_at timestamptz not null default now(),
    expires_at timestamptz not null default now() + interval '30 days',
    constraint user_sessions_expire_later check (expires_at > created_at and expires_at <= created_at + interval '400 days')
);
comment on table public.user_sessions is
    'The devices a person is signed in on, as the product shows them. Signing out for real is the Auth server''s.';
comment on column public.user_sessions.auth_session_id is 'The session_id claim of the access token, where the product records it.';

create index user_sessions_user_id on public.user_sessions (user_id, last_active_at desc);
create index user_sessions_expires_at on public.user_sessions (expires_at);

alter table public.user_sessions enable row level security;
revoke all on public.user_sessions from public, anon, authenticated, service_role;
grant select, delete on public.user_sessions to authenticated;
grant insert (user_id, auth_session_id, device_name, user_agent, ip_address, expires_at)
    on public.user_sessions to authenticated;
grant update (last_active_at, device_name) on public.user_sessions to authenticated;
grant select, insert, update, delete on public.user_sessions to service_role;

create policy user_sessions_select on public.user_sessions
    for select to authenticated
    using (user_id = (select auth.uid()));
create policy user_sessions_insert on public.user_sessions
    for insert to authenticated
    with check (user_id = (select auth.uid()));
create policy user_sessions_update on public.user_sessions
    for update to authenticated
    using (user_id = (select auth.uid()))
    with check (user_id = (select auth.uid()));
create policy user_sessions_delete on public.user_sessions
    for delete to authenticated
    using (user_id = (select auth.uid()));

create trigger user_sessions_keep_identity
    before update of id, user_id on public.user_sessions
    for each row when ((old.id, old.user_id) is distinct from (new.id, new.user_id))
    execute function private.refuse_change('id', 'user_id');

create function public.cleanup_expired_sessions() returns bigint
language sql
set search_path = ''
as $$
    with gone as (
        delete from public.user_sessions s where s.expires_at <= now() returning 1
    )
    select count(*) from gone;
$$;
comment on function public.cleanup_expired_sessions() is
    'Deletes the sessions that have expired and returns how many they were. For the service role; run it daily.';
revoke all on function public.cleanup_expired_sessions() from public, anon, authenticated, service_role;
grant execute on function public.cleanup_expired_sessions() to service_role;

-- Connections to other services ---------------------------------------------------------------------

create table public.user_connections (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references auth.users (id) on delete cascade,
    provider public.slug not null,
    provider_account_id public.label not null,
    scopes text [] not null default '{}',
    access_token_encrypted text not null
        constraint access_token_is_bounded check (octet_length(access_token_encrypted) between 1 and 32768),
    refresh_token_encrypted text
        constraint refresh_token_is_bounded check (octet_length(refresh_token_encrypted) between 1 and 32768),
    encryption_key_id public.label not null,
    token_expires_at timestamptz,
    metadata public.json_object not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint user_connections_account_once unique (user_id, provider, provider_account_id)
);
comment on table public.user_connections is
    'A person''s accounts at other services. The tokens are encrypted by the handler before they come here, and no client role '
    'may select them: a client names its columns, for `select *` is refused (42501).';
comment on column public.user_connections.encryption_key_id is 'Which key the tokens were encrypted with, so that keys can be rotated.';

create index user_connections_encryption_key_id on public.user_connections (encryption_key_id);

alter table public.user_connections enable row level security;
revoke all on public.user_connections from public, anon, authenticated, service_role;
grant select (id, user_id, provider, provider_account_id, scopes, token_expires_at, metadata, created_at, updated_at)
    on public.user_connections to authenticated;
grant delete on public.user_connections to authenticated;
grant select, insert, update, delete on public.user_connections to service_role;

create policy user_connections_select on public.user_connections
    for select to authenticated
    using (user_id = (select auth.uid()));
create policy user_connections_delete on public.user_connections
    for delete to authenticated
    using (user_id = (select auth.uid()));

create trigger user_connections_set_updated_at
    before update on public.user_connections
    for each row execute function private.set_updated_at();
create trigger user_connections_keep_identity
    before update of id, user_id on public.user_connections
    for each row when ((old.id, old.user_id) is distinct from (new.id, new.user_id))
    execute function private.refuse_change('id', 'user_id');

-- Notifications -------------------------------------------------------------------------------------

create table public.user_notifications (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references auth.users (id) on delete cascade,
    type public.slug not null,
    title public.label not null,
    body text constraint body_is_short check (char_length(body) <= 4000),
    data public.json_object not null default '{}',
    read_at timestamptz,
    created_at timestamptz not null default now()
);
comment on table public.user_notifications is
    'What the product has to tell a person. Written by the database and the service role; the person marks it read or deletes it.';

create index user_notifications_user_created on public.user_notifications (user_id, created_at desc);
create index user_notifications_unread on public.user_notifications (user_id) where read_at is null;

alter table public.user_notifications enable row level security;
revoke all on public.user_notifications from public, anon, authenticated, service_role;
grant select, delete on public.user_notifications to authenticated;
grant update (read_at) on public.user_notifications to authenticated;
grant select, insert, update, delete on public.user_notifications to service_role;

create policy user_notifications_select on public.user_notifications
    for select to authenticated
    using (user_id = (select auth.uid()));
create policy user_notifications_update on public.user_notifications
    for update to authenticated
    using (user_id = (select auth.uid()))
    with check (user_id = (select auth.uid()));
create policy user_notifications_delete on public.user_notifications
    for delete to authenticated
    using (user_id = (select auth.uid()));

create trigger user_notifications_keep_identity
    before update of id, user_id on public.user_notifications
    for each row when ((old.id, old.user_id) is distinct from (new.id, new.user_id))
    execute function private.refuse_change('id', 'user_id');

select private.realtime('public.user_notifications');
