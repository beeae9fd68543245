-- Foundation: what every later area stands on.
--
-- `public` holds what clients may call, `private` holds helpers that PostgREST does not expose, and
-- extensions live in `extensions`. Supabase projects differ in what they grant by default on new objects,
-- so every object below is first revoked from all API roles and then granted by name.

create schema if not exists extensions;
create extension if not exists vector with schema extensions;

create schema if not exists private;
comment on schema private is
    'Helpers of the policies, triggers and public functions. Not exposed by the Data API.';

revoke all on schema private from public, anon, authenticated, service_role;
-- Policies run as the caller, so the caller needs to reach the helpers that they name.
grant usage on schema private to authenticated, service_role;

-- Enums. The roles are ordered, weakest first, so that `role >= 'admin'` says what it means.

create type public.organization_role as enum ('viewer', 'member', 'admin', 'owner');
comment on type public.organization_role is
    'viewer reads what is shared, member also creates, admin also manages people and settings, owner manages owners.';

create type public.team_role as enum ('member', 'lead');
comment on type public.team_role is 'member uses the team''s resources, lead also manages its people and resources.';

create type public.participant_role as enum ('member', 'owner');
comment on type public.participant_role is 'owner renames and deletes the conversation and removes participants.';

create type public.visibility as enum ('private', 'team', 'organization');
comment on type public.visibility is
    'Who reads a resource: its creator, the people of its team, or everybody in its organization.';

create type public.plan_type as enum ('free', 'pro', 'team', 'enterprise');
create type public.conversation_type as enum ('direct', 'group', 'assistant');
create type public.message_role as enum ('user', 'assistant', 'system', 'tool');
create type public.processing_status as enum ('pending', 'processing', 'completed', 'failed');

-- Domains carry the rules of validity, so that no table repeats a check.

create function private.is_time_zone(name text) returns boolean
language plpgsql immutable parallel safe
set search_path = ''
as $$
begin
    -- The pattern keeps out POSIX specifications such as 'XYZ+3', which Postgres would accept.
    if name !~ '^[A-Za-z][A-Za-z_]*(/[A-Za-z0-9_+-]+){0,2}$' then
        return false;
    end if;
    perform pg_catalog.timezone(name, timestamptz 'epoch');
    return true;
exception
    when invalid_parameter_value then
        return false;
end;
$$;
comment on function private.is_time_zone(text) is
    'True when the name is one of the time zone database, such as Asia/Kolkata. Declared immutable for use in a domain.';
revoke all on function private.is_time_zone(text) from public, anon, authenticated, service_role;
grant execute on function private.is_time_zone(text) to authenticated, service_role;

create domain public.label as text
    constraint label_is_short_text check (
        value = btrim(value) and char_length(value) between 1 and 200 and value !~ '[[:cntrl:]]'
    );
comment on domain public.label is 'A name or title of one line: 1 to 200 characters, no space around it.';

create domain public.slug as text
    constraint slug_is_url_safe check (
        char_length(value) between 2 and 63 and value ~ '^[a-z0-9]+(-[a-z0-9]+)*$'
    );
comment on domain public.slug is '2 to 63 lower-case letters and digits, in groups joined by single hyphens.';

create domain public.email_address as text
    constraint email_address_is_plausible check (
        char_length(value) <= 254 and value ~ '^[^[:space:][:cntrl:]@<>"]+@[^[:space:][:cntrl:]@<>"]+$'
    );

create domain public.web_url as text
    constraint web_url_is_http check (
        char_length(value) <= 2048 and value ~ '^https?://[^[:space:][:cntrl:]]+$'
    );
comment on domain public.web_url is 'An http or https address: no javascript: and no data: may be stored as a link.';

create domain public.json_object as jsonb
    constraint json_object_is_small_object check (
        jsonb_typeof(value) = 'object' and pg_column_size(value) <= 65536
    );
comment on domain public.json_object is 'A JSON object of at most 64 KiB.';

create domain public.time_zone as text
    constraint time_zone_exists check (private.is_time_zone(value));

create domain public.language_tag as text
    constraint language_tag_is_bcp47 check (value ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$' and char_length(value) <= 35);

create domain public.model_name as text
    constraint model_name_is_identifier check (
        char_length(value) between 1 and 200 and value ~ '^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$'
    );
comment on domain public.model_name is 'The name of a model as its provider spells it, such as gpt-4 or intfloat/multilingual-e5-small.';

-- Shared trigger functions.

create function private.set_updated_at() returns trigger
language plpgsql
set search_path = ''
as $$
begin
    new.updated_at := now();
    return new;
end;
$$;
comment on function private.set_updated_at() is 'Before update: sets updated_at to the time of the transaction.';
revoke all on function private.set_updated_at() from public, anon, authenticated, service_role;

create function private.refuse_change() returns trigger
language plpgsql
set search_path = ''
as $$
begin
    raise sqlstate 'PT400' using
        message = format('%s of %s cannot be changed', array_to_string(tg_argv, ', '), tg_table_name),
        hint = 'Leave these columns out of the update. To move a thing elsewhere, create it there and delete it here.';
end;
$$;
comment on function private.refuse_change() is
    'Raises PT400. Its arguments are the immutable columns; the trigger''s WHEN clause says that one of them changed.';
revoke all on function private.refuse_change() from public, anon, authenticated, service_role;

create function private.refuse_change_of_person() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    -- Deleting an account nulls what refers to it; by then its row in auth.users is gone.
    if to_jsonb(new) ->> tg_argv[0] is null
        and not exists (select from auth.users u where u.id = (to_jsonb(old) ->> tg_argv[0])::uuid)
    then
        return new;
    end if;
    raise sqlstate 'PT400' using
        message = format('%s of %s cannot be changed', tg_argv[0], tg_table_name),
        hint = 'Leave this column out of the update; only the deletion of the account clears it.';
end;
$$;
comment on function private.refuse_change_of_person() is
    'Raises PT400 unless the column named by the argument is nulled because that account was deleted.';
revoke all on function private.refuse_change_of_person() from public, anon, authenticated, service_role;

create function private.realtime(variadic tables regclass []) returns void
language plpgsql
set search_path = ''
as $$
declare
    one_table regclass;
begin
    -- Absent where a project has no Realtime, and all-embracing where somebody made it `for all tables`.
    if not exists (
        select from pg_catalog.pg_publication p where p.pubname = 'supabase_realtime' and not p.puballtables
    ) then
        return;
    end if;
    foreach one_table in array tables loop
        execute format('alter publication supabase_realtime add table %s', one_table);
    end loop;
end;
$$;
comment on function private.realtime(regclass []) is
    'Adds the tables to the publication of Supabase Realtime where there is one, for use in migrations. Returns nothing.';
revoke all on function private.realtime(regclass []) from public, anon, authenticated, service_role;
