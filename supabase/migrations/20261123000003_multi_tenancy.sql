-- Multi-tenancy: organizations, their people, teams, invitations, API keys, and the audit log.
--
-- Everything a tenant owns carries organization_id. What the caller may reach is read by the helpers below, once a
-- statement: `organization_id = any (array(select private.organization_ids('viewer')))`. They are security definer so
-- that a policy on organization_members can ask about organization_members without recursion, and PL/pgSQL so that a
-- session plans them once: every request runs them, and planning takes several times as long.

-- Organizations -------------------------------------------------------------------------------------

create table public.organizations (
    -- Not insertable by clients: an id is also the name of an audience (see private.audiences).
    id uuid primary key default gen_random_uuid(),
    name public.label not null,
    slug public.slug not null constraint organizations_slug_key unique,
    plan_type public.plan_type not null default 'free',
    is_personal boolean not null default false,
    logo_url public.web_url,
    time_zone public.time_zone not null default 'UTC',
    settings public.json_object not null default '{}',
    created_by uuid default auth.uid() references public.user_profiles (user_id) on delete set null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz
);
comment on table public.organizations is
    'The tenants. Everybody has a personal one, made at sign-up, which holds what they create without naming another.';
comment on column public.organizations.plan_type is 'Set by billing (the service role), never by a client.';
comment on column public.organizations.time_zone is 'Whose days and months the organization''s budgets and charts follow.';

create unique index organizations_one_personal on public.organizations (created_by) where is_personal;
create index organizations_created_by on public.organizations (created_by);

create table public.organization_members (
    organization_id uuid not null references public.organizations (id) on delete cascade,
    user_id uuid not null references public.user_profiles (user_id) on delete cascade,
    role public.organization_role not null default 'member',
    added_by uuid default auth.uid() references public.user_profiles (user_id) on delete set null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (organization_id, user_id)
);
comment on table public.organization_members is 'Who is in an organization, and as what. It never loses its last owner.';

create index idx_org_members_user_org on public.organization_members (user_id, organization_id);
create index organization_members_added_by on public.organization_members (added_by);

-- Teams ---------------------------------------------------------------------------------------------

create table public.teams (
    organization_id uuid not null references public.organizations (id) on delete cascade,
    -- Not insertable by clients, like an organization's.
    id uuid not null default gen_random_uuid() constraint teams_id_key unique,
    name public.label not null,
    description text constraint description_is_short check (char_length(description) <= 2000),
    created_by uuid default auth.uid() references public.user_profiles (user_id) on delete set null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    primary key (organization_id, id)
);
comment on table public.teams is 'Groups of people within an organization, who share resources of visibility team.';

create unique index teams_name_once on public.teams (organization_id, lower(name)) where deleted_at is null;
create index teams_created_by on public.teams (created_by);

create table public.team_members (
    organization_id uuid not null,
    team_id uuid not null,
    user_id uuid not null references public.user_profiles (user_id) on delete cascade,
    role public.team_role not null default 'member',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (organization_id, team_id, user_id),
    foreign key (organization_id, team_id) references public.teams (organization_id, id) on delete cascade,
    -- Whoever leaves the organization leaves its teams.
    foreign key (organization_id, user_id)
        references public.organization_members (organization_id, user_id) on delete cascade
);
comment on table public.team_members is 'Who is in a team, and as what. Only people of the team''s organization can be.';

create index team_members_user_team on public.team_members (user_id, team_id);
create index team_members_organization_user on public.team_members (organization_id, user_id);

-- What the caller may reach ---------------------------------------------------------------------------

create function private.organization_ids(minimum public.organization_role) returns setof uuid
language plpgsql stable
security definer
set search_path = ''
as $$
begin
    return query
    select m.organization_id
    from public.organization_members m
    join public.organizations o on o.id = m.organization_id
    where m.user_id = (select auth.uid())
        and m.role >= minimum
        and o.deleted_at is null;
end;
$$;
comment on function private.organization_ids(public.organization_role) is
    'The ids of the live organizations in which the caller has at least this role.';
revoke all on function private.organization_ids(public.organization_role) from public, anon, authenticated, service_role;
grant execute on function private.organization_ids(public.organization_role) to authenticated, service_role;

create function private.team_ids(minimum public.team_role) returns setof uuid
language plpgsql stable
security definer
set search_path = ''
as $$
begin
    return query
    select tm.team_id
    from public.team_members tm
    join public.teams t on t.organization_id = tm.organization_id and t.id = tm.team_id
    join public.organization_members m on m.organization_id = tm.organization_id and m.user_id = tm.user_id
    join public.organizations o on o.id = tm.organization_id
    where tm.user_id = (select auth.uid())
        and tm.role >= minimum
        -- A viewer manages nothing, not even as the lead of a team.
        and (minimum = 'member' or m.role >= 'member')
        and t.deleted_at is null
        and o.deleted_at is null;
end;
$$;
comment on function private.team_ids(public.team_role) is
    'The ids of the live teams in which the caller has at least this role.';
revoke all on function private.team_ids(public.team_role) from public, anon, authenticated, service_role;
grant execute on function private.team_ids(public.team_role) to authenticated, service_role;

create function private.audience(
    visibility public.visibility, organization_id uuid, team_id uuid, created_by uuid
) returns uuid
language sql immutable parallel safe
set search_path = ''
as $$
    select case visibility when 'organization' then organization_id when 'team' then team_id else created_by end;
$$;
comment on function private.audience(public.visibility, uuid, uuid, uuid) is
    'Whom a resource is shown to, as one uuid: its organization, its team or its creator. See private.audiences.';
revoke all on function private.audience(public.visibility, uuid, uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function private.audience(public.visibility, uuid, uuid, uuid) to authenticated, service_role;

create function private.audiences() returns setof uuid
language plpgsql stable
security definer
set search_path = ''
as $$
begin
    return query
    select auth.uid()
    union all
    select private.organization_ids('viewer')
    union all
    select private.team_ids('member')
    union all
    -- Owners and admins see every team's resources, those of a deleted team included: somebody must be able to share them anew.
    select t.id from public.teams t where t.organization_id = any (array(select private.organization_ids('admin')));
end;
$$;
comment on function private.audiences() is
    'The access rule of documents and collections: the caller reads a live resource of an organization they are in '
    'if its audience is among these. Their own id stands for what is private to them.';
revoke all on function private.audiences() from public, anon, authenticated, service_role;
grant execute on function private.audiences() to authenticated, service_role;

create function private.can_manage(
    organization_id uuid, visibility public.visibility, team_id uuid, created_by uuid
) returns boolean
language plpgsql stable
security definer
set search_path = ''
as $$
begin
    return organization_id in (select private.organization_ids('member'))
        and private.audience(visibility, organization_id, team_id, created_by) in (select private.audiences())
        and (
            created_by = (select auth.uid())
            or organization_id in (select private.organization_ids('admin'))
            or (visibility = 'team' and team_id in (select private.team_ids('lead')))
        );
end;
$$;
comment on function private.can_manage(uuid, public.visibility, uuid, uuid) is
    'The rule of change for documents and collections: true when the caller reads the resource, is no mere viewer, and is '
    'its creator, an admin of its organization, or a lead of its team.';
revoke all on function private.can_manage(uuid, public.visibility, uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function private.can_manage(uuid, public.visibility, uuid, uuid) to authenticated, service_role;

create function private.personal_organization_id(user_id uuid) returns uuid
language sql stable
security definer
set search_path = ''
as $$
    select o.id from public.organizations o
    where o.created_by = personal_organization_id.user_id and o.is_personal and o.deleted_at is null;
$$;
comment on function private.personal_organization_id(uuid) is 'The personal organization of a person, or null.';
revoke all on function private.personal_organization_id(uuid) from public, anon, authenticated, service_role;
grant execute on function private.personal_organization_id(uuid) to service_role;

create function private.set_personal_organization() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    if new.organization_id is null then
        new.organization_id := private.personal_organization_id(coalesce(new.created_by, auth.uid()));
    end if;
    return new;
end;
$$;
comment on function private.set_personal_organization() is
    'Before insert: what names no organization goes to the creator''s personal one.';
revoke all on function private.set_personal_organization() from public, anon, authenticated, service_role;

create function private.inherited_organization() returns uuid
language sql immutable
set search_path = ''
as $$
    select null::uuid;
$$;
comment on function private.inherited_organization() is
    'Null: the column default where a trigger fills in the organization of the parent. It makes generated types optional.';
revoke all on function private.inherited_organization() from public, anon, authenticated, service_role;
grant execute on function private.inherited_organization() to authenticated, service_role;

create function private.bypasses_row_security() returns boolean
language plpgsql stable
set search_path = ''
as $$
begin
    -- The `role` setting keeps its value inside security definer functions, where current_user is the function's owner.
    return coalesce(
        (
            select r.rolbypassrls or r.rolsuper from pg_catalog.pg_roles r
            where r.rolname = coalesce(nullif(current_setting('role', true), 'none'), session_user)
        ),
        false
    );
end;
$$;
comment on function private.bypasses_row_security() is
    'True for the service role and the database''s owner: whoever is above the policies is above the checks of the functions.';
revoke all on function private.bypasses_row_security() from public, anon, authenticated, service_role;
grant execute on function private.bypasses_row_security() to authenticated, service_role;

create function private.require_role(organization_id uuid, minimum public.organization_role)
returns public.organization_role
language plpgsql stable
security definer
set search_path = ''
as $$
declare
    held public.organization_role;
begin
    if private.bypasses_row_security() then
        if exists (select from public.organizations o where o.id = require_role.organization_id and o.deleted_at is null) then
            return 'owner'::public.organization_role;
        end if;
    else
        select m.role into held
        from public.organization_members m
        join public.organizations o on o.id = m.organization_id and o.deleted_at is null
        where m.organization_id = require_role.organization_id and m.user_id = (select auth.uid());
        if held >= minimum then
            return held;
        end if;
    end if;
    if held is null then
        raise sqlstate 'PT404' using
            message = 'There is no such organization among yours',
            hint = 'Check the id, and that you are signed in as a member of the organization.';
    end if;
    raise sqlstate 'PT403' using
        message = format('This needs the role %s in the organization; yours is %s', minimum, held),
        hint = 'Ask an owner or admin of the organization to do it or to change your role.';
end;
$$;
comment on function private.require_role(uuid, public.organization_role) is
    'Returns the caller''s role in the organization (owner for the service role). Raises PT404 where they have none, which does '
    'not tell whether it exists, and PT403 where it is below the minimum.';
revoke all on function private.require_role(uuid, public.organization_role) from public, anon, authenticated, service_role;
grant execute on function private.require_role(uuid, public.organization_role) to authenticated, service_role;

-- Organizations: access -------------------------------------------------------------------------------

alter table public.organizations enable row level security;
revoke all on public.organizations from public, anon, authenticated, service_role;
grant select on public.organizations to authenticated;
grant insert (name, slug, logo_url, time_zone, settings, created_by) on public.organizations to authenticated;
grant update (name, slug, logo_url, time_zone, settings) on public.organizations to authenticated;
grant select, insert, update, delete on public.organizations to service_role;

create function private.has_no_members(organization_id uuid) returns boolean
language sql stable
security definer
set search_path = ''
as $$
    select not exists (
        select from public.organization_members m where m.organization_id = has_no_members.organization_id
    );
$$;
comment on function private.has_no_members(uuid) is
    'True between the insert of an organization and the trigger that makes its creator the owner.';
revoke all on function private.has_no_members(uuid) from public, anon, authenticated, service_role;
grant execute on function private.has_no_members(uuid) to authenticated, service_role;

create policy organizations_select on public.organizations
    for select to authenticated
    using (
        deleted_at is null
        and (
            id = any (array(select private.organization_ids('viewer')))
            -- `insert … returning` reads the row before its trigger has made the creator a member.
            or (created_by = (select auth.uid()) and private.has_no_members(id))
        )
    );
create policy organizations_insert on public.organizations
    for insert to authenticated
    with check (created_by = (select auth.uid()));
create policy organizations_update on public.organizations
    for update to authenticated
    using (id = any (array(select private.organization_ids('admin'))))
    with check (id = any (array(select private.organization_ids('admin'))));

create trigger organizations_set_updated_at
    before update of name, slug, plan_type, logo_url, time_zone, settings, deleted_at on public.organizations
    for each row execute function private.set_updated_at();
create trigger organizations_keep_identity
    before update of id, is_personal on public.organizations
    for each row when ((old.id, old.is_personal) is distinct from (new.id, new.is_personal))
    execute function private.refuse_change('id', 'is_personal');
create trigger organizations_keep_creator
    before update of created_by on public.organizations
    for each row when (old.created_by is distinct from new.created_by)
    execute function private.refuse_change_of_person('created_by');

create function private.make_creator_owner() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    if new.created_by is not null then
        insert into public.organization_members (organization_id, user_id, role, added_by)
        values (new.id, new.created_by, 'owner', new.created_by);
    end if;
    return null;
end;
$$;
comment on function private.make_creator_owner() is 'After insert on organizations: the creator becomes its owner.';
revoke all on function private.make_creator_owner() from public, anon, authenticated, service_role;

create trigger organizations_make_creator_owner
    after insert on public.organizations
    for each row execute function private.make_creator_owner();

-- Everybody's personal organization -------------------------------------------------------------------

create function private.create_personal_organization(user_id uuid) returns void
language sql
security definer
set search_path = ''
as $$
    insert into public.organizations (name, slug, is_personal, created_by)
    select coalesce(p.full_name, 'Personal'), 'personal-' || replace(p.user_id::text, '-', ''), true, p.user_id
    from public.user_profiles p
    where p.user_id = create_personal_organization.user_id
    on conflict (created_by) where is_personal do nothing;
$$;
comment on function private.create_personal_organization(uuid) is 'Makes the personal organization of a person who has none.';
revoke all on function private.create_personal_organization(uuid) from public, anon, authenticated, service_role;

create function private.create_personal_organization_of_user() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform private.create_personal_organization(new.id);
    return null;
end;
$$;
comment on function private.create_personal_organization_of_user() is 'After insert on auth.users, once the profile stands.';
revoke all on function private.create_personal_organization_of_user() from public, anon, authenticated, service_role;

-- Triggers of one event run in the order of their names: this one after groundwork_create_profile.
create trigger groundwork_create_profile_then_organization
    after insert on auth.users
    for each row execute function private.create_personal_organization_of_user();

create function private.release_organizations_of_user() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
    orphaned text;
begin
    -- Locked in one order, so that two accounts deleted at once do not wait for each other.
    perform from public.organizations o
    where o.id in (select m.organization_id from public.organization_members m where m.user_id = old.id and m.role = 'owner')
        and o.deleted_at is null
    order by o.id
    for update;

    select string_agg(quote_literal(o.slug), ', ' order by o.slug) into orphaned
    from public.organization_members m
    join public.organizations o on o.id = m.organization_id
    where m.user_id = old.id
        and m.role = 'owner'
        and o.deleted_at is null
        and exists (
            select from public.organization_members other
            where other.organization_id = o.id and other.user_id <> old.id
        )
        and not exists (
            select from public.organization_members other
            where other.organization_id = o.id and other.user_id <> old.id and other.role = 'owner'
        );
    if orphaned is not null then
        raise sqlstate 'PT409' using
            message = format('The account is the last owner of %s, which has other members', orphaned),
            hint = 'Make somebody else owner with transfer_ownership, or delete the organization, and then delete the account.';
    end if;

    -- What nobody else is in goes with its owner; the rows stay for the ledger, seen by the service role alone.
    update public.organizations o set deleted_at = now()
    where o.deleted_at is null
        and exists (
            select from public.organization_members m where m.organization_id = o.id and m.user_id = old.id and m.role = 'owner'
        )
        and not exists (
            select from public.organization_members m where m.organization_id = o.id and m.user_id <> old.id
        );
    return old;
end;
$$;
comment on function private.release_organizations_of_user() is
    'Before delete on auth.users: soft-deletes the organizations that the person is alone in. Raises PT409 where they are the last '
    'owner of one that others are in.';
revoke all on function private.release_organizations_of_user() from public, anon, authenticated, service_role;

create trigger groundwork_release_organizations
    before delete on auth.users
    for each row execute function private.release_organizations_of_user();

-- Members -------------------------------------------------------------------------------------------

alter table public.organization_members enable row level security;
revoke all on public.organization_members from public, anon, authenticated, service_role;
grant select, delete on public.organization_members to authenticated;
grant insert (organization_id, user_id, role) on public.organization_members to authenticated;
grant update (role) on public.organization_members to authenticated;
grant select, insert, update, delete on public.organization_members to service_role;

create policy organization_members_select on public.organization_members
    for select to authenticated
    using (organization_id = any (array(select private.organization_ids('viewer'))));
create policy organization_members_insert on public.organization_members
    for insert to authenticated
    with check (
        organization_id = any (array(select private.organization_ids('owner')))
        or (role < 'owner' and organization_id = any (array(select private.organization_ids('admin'))))
    );
create policy organization_members_update on public.organization_members
    for update to authenticated
    using (
        organization_id = any (array(select private.organization_ids('owner')))
        or (role < 'owner' and organization_id = any (array(select private.organization_ids('admin'))))
    )
    with check (
        organization_id = any (array(select private.organization_ids('owner')))
        or (role < 'owner' and organization_id = any (array(select private.organization_ids('admin'))))
    );
create policy organization_members_delete on public.organization_members
    for delete to authenticated
    using (
        user_id = (select auth.uid())
        or organization_id = any (array(select private.organization_ids('owner')))
        or (role < 'owner' and organization_id = any (array(select private.organization_ids('admin'))))
    );

create trigger organization_members_set_updated_at
    before update on public.organization_members
    for each row execute function private.set_updated_at();
create trigger organization_members_keep_identity
    before update of organization_id, user_id on public.organization_members
    for each row when ((old.organization_id, old.user_id) is distinct from (new.organization_id, new.user_id))
    execute function private.refuse_change('organization_id', 'user_id');

create function private.refuse_guest_of_personal_organization() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    if exists (
        select from public.organizations o
        where o.id = new.organization_id and o.is_personal and o.created_by is distinct from new.user_id
    ) then
        raise sqlstate 'PT409' using
            message = 'A personal organization has one member',
            hint = 'Create an organization for what you want to share, and add people there.';
    end if;
    return null;
end;
$$;
comment on function private.refuse_guest_of_personal_organization() is
    'After insert on organization_members: raises PT409 for anybody but the person whose organization it is.';
revoke all on function private.refuse_guest_of_personal_organization() from public, anon, authenticated, service_role;

-- After: whoever may not add members at all is refused by the policy, and learns nothing.
create trigger organization_members_refuse_guest
    after insert on public.organization_members
    for each row execute function private.refuse_guest_of_personal_organization();

create function private.keep_last_owner() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    -- One change of owners at a time: whoever comes second waits here, and then sees what the first one did. The row is written
    -- and not only locked, so that a second one whose snapshot is older (repeatable read) fails (40001) instead of not seeing it.
    update public.organizations o set created_at = o.created_at
    where o.id = old.organization_id and o.deleted_at is null;
    if not found then
        -- The organization is going too.
        return coalesce(new, old);
    end if;
    if not exists (
        select from public.organization_members m
        where m.organization_id = old.organization_id and m.user_id <> old.user_id and m.role = 'owner'
    ) then
        raise sqlstate 'PT409' using
            message = 'An organization needs an owner, and this is its last one',
            hint = 'Make somebody else owner first (transfer_ownership), or delete the organization (delete_organization).';
    end if;
    return coalesce(new, old);
end;
$$;
comment on function private.keep_last_owner() is
    'Before an owner is demoted or removed: raises PT409 if no other owner would be left.';
revoke all on function private.keep_last_owner() from public, anon, authenticated, service_role;

create trigger organization_members_keep_last_owner_on_update
    before update of role on public.organization_members
    for each row when (old.role = 'owner' and new.role < 'owner')
    execute function private.keep_last_owner();
create trigger organization_members_keep_last_owner_on_delete
    before delete on public.organization_members
    for each row when (old.role = 'owner')
    execute function private.keep_last_owner();

-- Profiles are read by people who share an organization.
create function private.colleague_ids() returns setof uuid
language sql stable
security definer
set search_path = ''
as $$
    select auth.uid()
    union
    select m.user_id
    from public.organization_members m
    where m.organization_id in (select private.organization_ids('viewer'));
$$;
comment on function private.colleague_ids() is 'The caller, and everybody who shares a live organization with them.';
revoke all on function private.colleague_ids() from public, anon, authenticated, service_role;
grant execute on function private.colleague_ids() to authenticated, service_role;

drop policy user_profiles_select on public.user_profiles;
create policy user_profiles_select on public.user_profiles
    for select to authenticated
    using (user_id = any (array(select private.colleague_ids())));

-- Teams: access -------------------------------------------------------------------------------------

alter table public.teams enable row level security;
revoke all on public.teams from public, anon, authenticated, service_role;
grant select on public.teams to authenticated;
grant insert (organization_id, name, description, created_by) on public.teams to authenticated;
grant update (name, description) on public.teams to authenticated;
grant select, insert, update, delete on public.teams to service_role;

create policy teams_select on public.teams
    for select to authenticated
    using (deleted_at is null and organization_id = any (array(select private.organization_ids('viewer'))));
create policy teams_insert on public.teams
    for insert to authenticated
    with check (
        created_by = (select auth.uid())
        and organization_id = any (array(select private.organization_ids('admin')))
    );
create policy teams_update on public.teams
    for update to authenticated
    using (
        deleted_at is null
        and (
            organization_id = any (array(select private.organization_ids('admin')))
            or id = any (array(select private.team_ids('lead')))
        )
    )
    with check (
        organization_id = any (array(select private.organization_ids('admin')))
        or id = any (array(select private.team_ids('lead')))
    );

create trigger teams_set_updated_at
    before update on public.teams
    for each row execute function private.set_updated_at();
create trigger teams_keep_identity
    before update of organization_id, id on public.teams
    for each row when ((old.organization_id, old.id) is distinct from (new.organization_id, new.id))
    execute function private.refuse_change('organization_id', 'id');
create trigger teams_keep_creator
    before update of created_by on public.teams
    for each row when (old.created_by is distinct from new.created_by)
    execute function private.refuse_change_of_person('created_by');

alter table public.team_members alter column organization_id set default private.inherited_organization();
alter table public.team_members enable row level security;
revoke all on public.team_members from public, anon, authenticated, service_role;
grant select, delete on public.team_members to authenticated;
grant insert (organization_id, team_id, user_id, role) on public.team_members to authenticated;
grant update (role) on public.team_members to authenticated;
grant select, insert, update, delete on public.team_members to service_role;

create policy team_members_select on public.team_members
    for select to authenticated
    using (organization_id = any (array(select private.organization_ids('viewer'))));
create policy team_members_insert on public.team_members
    for insert to authenticated
    with check (
        (
            organization_id = any (array(select private.organization_ids('admin')))
            or team_id = any (array(select private.team_ids('lead')))
        )
        -- Held to the policy of teams: a deleted one takes nobody.
        and exists (select from public.teams t where t.id = team_members.team_id)
    );
create policy team_members_update on public.team_members
    for update to authenticated
    using (
        organization_id = any (array(select private.organization_ids('admin')))
        or team_id = any (array(select private.team_ids('lead')))
    )
    with check (
        organization_id = any (array(select private.organization_ids('admin')))
        or team_id = any (array(select private.team_ids('lead')))
    );
create policy team_members_delete on public.team_members
    for delete to authenticated
    using (
        user_id = (select auth.uid())
        or organization_id = any (array(select private.organization_ids('admin')))
        or team_id = any (array(select private.team_ids('lead')))
    );

create function private.set_organization_of_team_member() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    if new.organization_id is null then
        select t.organization_id into new.organization_id from public.teams t where t.id = new.team_id;
    end if;
    return new;
end;
$$;
comment on function private.set_organization_of_team_member() is 'Before insert on team_members: the organization is the team''s.';
revoke all on function private.set_organization_of_team_member() from public, anon, authenticated, service_role;

create trigger team_members_set_organization
    before insert on public.team_members
    for each row execute function private.set_organization_of_team_member();
create trigger team_members_set_updated_at
    before update on public.team_members
    for each row execute function private.set_updated_at();
create trigger team_members_keep_identity
    before update of organization_id, team_id, user_id on public.team_members
    for each row when (
        (old.organization_id, old.team_id, old.user_id) is distinct from (new.organization_id, new.team_id, new.user_id)
    )
    execute function private.refuse_change('organization_id', 'team_id', 'user_id');

-- Invitations ---------------------------------------------------------------------------------------

create table public.organization_invitations (
    organization_id uuid not null references public.organizations (id) on delete cascade,
    id uuid not null default gen_random_uuid() constraint organization_invitations_id_key unique,
    email public.email_address not null constraint email_is_lower_case check (email = lower(email)),
    role public.organization_role not null default 'member' constraint role_is_below_owner check (role < 'owner'),
    team_id uuid,
    token_hash bytea not null constraint organization_invitations_token_hash_key unique,
    -- With the account of its sender an invitation goes too; null means that the service role made it.
    invited_by uuid references public.user_profiles (user_id) on delete cascade,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null default now() + interval '7 days',
    accepted_at timestamptz,
    accepted_by uuid references public.user_profiles (user_id) on delete set null,
    revoked_at timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, team_id) references public.teams (organization_id, id) on delete cascade,
    constraint organization_invitations_expire_later check (
        expires_at > created_at and expires_at <= created_at + interval '30 days'
    )
);
comment on table public.organization_invitations is
    'Invitations by e-mail. Only the hash of the token is kept, and no client role may select it: a client names its columns, '
    'for `select *` is refused (42501).';

create unique index organization_invitations_one_pending
    on public.organization_invitations (organization_id, email) where accepted_at is null and revoked_at is null;
create index organization_invitations_team on public.organization_invitations (organization_id, team_id);
create index organization_invitations_invited_by on public.organization_invitations (invited_by);
create index organization_invitations_accepted_by on public.organization_invitations (accepted_by);

alter table public.organization_invitations enable row level security;
revoke all on public.organization_invitations from public, anon, authenticated, service_role;
grant select (
    organization_id, id, email, role, team_id, invited_by, created_at, expires_at, accepted_at, accepted_by, revoked_at
) on public.organization_invitations to authenticated;
grant select, insert, update, delete on public.organization_invitations to service_role;

create policy organization_invitations_select on public.organization_invitations
    for select to authenticated
    using (organization_id = any (array(select private.organization_ids('admin'))));

create trigger organization_invitations_keep_identity
    before update of organization_id, id, token_hash on public.organization_invitations
    for each row when (
        (old.organization_id, old.id, old.token_hash) is distinct from (new.organization_id, new.id, new.token_hash)
    )
    execute function private.refuse_change('organization_id', 'id', 'token_hash');

create function private.new_secret(prefix text) returns text
language sql volatile
set search_path = ''
as $$
    -- Two random uuids are 244 bits of pg_strong_random; base64url without padding.
    select prefix || rtrim(translate(
        encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64'), '+/', '-_'
    ), '=');
$$;
comment on function private.new_secret(text) is 'A new secret: the prefix and 43 characters of base64url.';
revoke all on function private.new_secret(text) from public, anon, authenticated, service_role;

create function private.hash_secret(secret text) returns bytea
language sql immutable parallel safe
set search_path = ''
as $$
    -- The secrets are random and long: a slow hash would protect nothing and cost every request.
    select sha256(convert_to(secret, 'UTF8'));
$$;
comment on function private.hash_secret(text) is 'The SHA-256 of a secret, which is all that is stored of it.';
revoke all on function private.hash_secret(text) from public, anon, authenticated, service_role;
grant execute on function private.hash_secret(text) to service_role;

-- How many invitations may be sent. Each is a mail in the product's name, with words that its sender chose, to whomever its
-- sender chose: without limits anybody who signs up has a relay for spam.

create table public.invitation_limits (
    plan_type public.plan_type primary key,
    per_day int not null,
    per_member int not null,
    to_address int not null,
    to_mailbox int not null,
    constraint invitation_limits_are_not_negative check (least(per_day, per_member, to_address, to_mailbox) >= 0)
);
comment on table public.invitation_limits is
    'How many invitations may be sent in a day (UTC), by the plan of the organization; a plan without a row has that of free. For the '
    'service role, whose own invitations are neither limited nor counted.';
comment on column public.invitation_limits.per_day is 'From one organization, and from one person in all their organizations.';
comment on column public.invitation_limits.per_member is 'So many more for each member of the organization.';
comment on column public.invitation_limits.to_address is
    'To one address from one organization, and from one person in all their organizations; each sending again counts.';
comment on column public.invitation_limits.to_mailbox is
    'To one mailbox from everybody. More for those who pay, so that nobody keeps others from inviting somebody by doing so first.';

insert into public.invitation_limits (plan_type, per_day, per_member, to_address, to_mailbox) values
    ('free', 100, 1, 5, 10),
    ('pro', 200, 1, 5, 20),
    ('team', 500, 1, 5, 20),
    ('enterprise', 2000, 1, 5, 20);

alter table public.invitation_limits enable row level security;
revoke all on public.invitation_limits from public, anon, authenticated, service_role;
grant select, insert, update on public.invitation_limits to service_role;

-- Counts of their own, because invitations go with the account of their sender. Nobody is named here: the subject is a hash.
create table private.invitation_counts (
    day date not null,
    kind text not null,
    subject bytea not null,
    count int not null default 1,
    primary key (day, kind, subject)
);
comment on table private.invitation_counts is 'How many invitations were sent on a day (UTC): from whom, to which address, to which mailbox.';

alter table private.invitation_counts enable row level security;
revoke all on private.invitation_counts from public, anon, authenticated, service_role;

create function private.mailbox(address text) returns text
language sql immutable parallel safe
set search_path = ''
as $$
    select case
        when a.domain in ('gmail.com', 'googlemail.com') then replace(a.name, '.', '') || '@gmail.com'
        else a.name || '@' || a.domain
    end
    from (
        select
            -- What follows the plus is the reader's own label.
            regexp_replace(split_part(lower(address), '@', 1), '(.)\+.*', '\1') as name,
            rtrim(split_part(lower(address), '@', 2), '.') as domain
    ) a;
$$;
comment on function private.mailbox(text) is
    'Where mail to the address arrives, as far as one can tell: ann+news@example.com and ann@example.com are one mailbox.';
revoke all on function private.mailbox(text) from public, anon, authenticated, service_role;

create function private.count_invitation(organization_id uuid, address text) returns void
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    me constant text := auth.uid()::text;
    today constant date := (now() at time zone 'UTC')::date;
    tomorrow constant text := to_char(today + 1, 'YYYY-MM-DD"T00:00:00Z"');
    limits public.invitation_limits;
    full_one text;
begin
    if private.bypasses_row_security() then
        return;
    end if;
    select l.* into limits
    from public.invitation_limits l
    join public.organizations o on o.id = organization_id and l.plan_type in (o.plan_type, 'free')
    order by l.plan_type desc
    limit 1;

    -- Counted first and then compared, so that of two at once the second waits and sees the first. All in one order, so that
    -- nobody waits in a circle; a refusal takes it all back.
    with counted as (
        insert into private.invitation_counts as c (day, kind, subject)
        values
            (today, 'organization', private.hash_secret(organization_id::text)),
            (today, 'person', private.hash_secret(me)),
            (today, 'organization to address', private.hash_secret(concat_ws('/', organization_id, address))),
            (today, 'person to address', private.hash_secret(concat_ws('/', me, address))),
            (today, 'mailbox', private.hash_secret(private.mailbox(address)))
        on conflict (day, kind, subject) do update set count = c.count + 1
        returning c.kind, c.count
    )
    select c.kind into full_one
    from counted c
    where case
        when c.kind in ('organization', 'person') then
            c.count > limits.per_day
            -- Read only when it matters.
            and c.count > limits.per_day + limits.per_member * (
                select count(*) from public.organization_members m where m.organization_id = organization_id
            )
        when c.kind = 'mailbox' then c.count > limits.to_mailbox
        else c.count > limits.to_address
    end
    order by c.kind in ('organization', 'person') desc, c.kind
    limit 1;

    if full_one in ('organization', 'person') then
        raise sqlstate 'PT429' using
            message = case full_one
                when 'organization' then 'The organization has sent as many invitations as it may in a day'
                else 'You have sent as many invitations as you may in a day'
            end,
            detail = jsonb_build_array(jsonb_build_object('resets_at', tomorrow))::text,
            hint = format('Send the others from %s on.', tomorrow);
    elsif full_one is not null then
        -- The same for one's own and for everybody's, in words and in time: what others have sent is not told.
        raise sqlstate 'PT429' using
            message = format('No more invitations are sent to %s today', address),
            detail = jsonb_build_array(jsonb_build_object('resets_at', tomorrow))::text,
            hint = format('Ask them to look among their spam, or invite them again from %s on.', tomorrow);
    end if;
end;
$$;
comment on function private.count_invitation(uuid, text) is
    'Counts an invitation that the caller sends. Returns nothing. Raises PT429 beyond a limit of public.invitation_limits; the detail is '
    '[{resets_at}].';
revoke all on function private.count_invitation(uuid, text) from public, anon, authenticated, service_role;

create function private.create_invitation(
    organization_id uuid, email text, role public.organization_role, team_id uuid, expires_at timestamptz
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    address text := lower(btrim(email));
    token text := private.new_secret('gwi_');
    invitation public.organization_invitations;
begin
    perform private.require_role(organization_id, 'admin');
    if role >= 'owner' then
        raise sqlstate 'PT400' using
            message = 'Nobody is invited as owner',
            hint = 'Invite them as admin, and make them owner once they have joined.';
    end if;
    if exists (select from public.organizations o where o.id = organization_id and o.is_personal) then
        raise sqlstate 'PT409' using
            message = 'A personal organization has one member',
            hint = 'Create an organization for what you want to share, and invite people there.';
    end if;
    if team_id is not null and not exists (
        select from public.teams t where t.organization_id = organization_id and t.id = team_id and t.deleted_at is null
    ) then
        raise sqlstate 'PT404' using message = 'There is no such team in the organization', hint = 'Check p_team_id.';
    end if;
    if exists (
        select from public.organization_members m join auth.users u on u.id = m.user_id
        where m.organization_id = organization_id and lower(u.email) = address
    ) then
        raise sqlstate 'PT409' using
            message = format('%s is a member already', address),
            hint = 'To change what they may do, use change_member_role.';
    end if;

    -- A new invitation replaces a pending one: the older token stops working. One at a time, so that two see each other.
    perform from public.organizations o where o.id = organization_id for no key update;
    perform private.count_invitation(organization_id, address);
    update public.organization_invitations i set revoked_at = now()
    where i.organization_id = organization_id and i.email = address and i.accepted_at is null and i.revoked_at is null;

    insert into public.organization_invitations (
        organization_id, email, role, team_id, token_hash, invited_by, expires_at
    )
    values (
        organization_id, address, role, team_id, private.hash_secret(token), auth.uid(),
        coalesce(expires_at, now() + interval '7 days')
    )
    returning * into invitation;

    return jsonb_build_object(
        'id', invitation.id, 'token', token, 'organization_id', organization_id, 'email', address,
        'role', role, 'team_id', team_id, 'expires_at', invitation.expires_at
    );
end;
$$;
comment on function private.create_invitation(uuid, text, public.organization_role, uuid, timestamptz) is
    'What public.create_invitation does, with the rights to store the hash.';
revoke all on function private.create_invitation(uuid, text, public.organization_role, uuid, timestamptz)
    from public, anon, authenticated, service_role;
grant execute on function private.create_invitation(uuid, text, public.organization_role, uuid, timestamptz)
    to authenticated, service_role;

create function public.create_invitation(
    p_organization_id uuid,
    p_email text,
    p_role public.organization_role default 'member',
    p_team_id uuid default null,
    p_expires_at timestamptz default null
) returns jsonb
language sql
set search_path = ''
as $$
    select private.create_invitation(p_organization_id, p_email, p_role, p_team_id, p_expires_at);
$$;
comment on function public.create_invitation(uuid, text, public.organization_role, uuid, timestamptz) is
    'Invites a person by e-mail, for admins. Returns {id, token, organization_id, email, role, team_id, expires_at}; the token is shown '
    'this once and expires after 7 days unless p_expires_at (30 days at the most) says otherwise. Raises PT400 for the role owner, PT403 '
    'below admin, PT404 for an unknown organization or team, PT409 if they are a member, PT429 beyond what invitation_limits allow in a day.';
revoke all on function public.create_invitation(uuid, text, public.organization_role, uuid, timestamptz)
    from public, anon, authenticated, service_role;
grant execute on function public.create_invitation(uuid, text, public.organization_role, uuid, timestamptz)
    to authenticated, service_role;

create function private.accept_invitation(token text) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    invitation public.organization_invitations;
    organization public.organizations;
    held public.organization_role;
begin
    if auth.uid() is null then
        raise sqlstate 'PT401' using message = 'Sign in to accept an invitation', hint = 'Send the access token of the invited person.';
    end if;

    -- The lock makes a second acceptance wait, and then see the first.
    select i.* into invitation
    from public.organization_invitations i
    where i.token_hash = private.hash_secret(token)
    for update;
    select o.* into organization from public.organizations o
    where o.id = invitation.organization_id and o.deleted_at is null;

    if invitation.id is null or organization.id is null or invitation.revoked_at is not null then
        raise sqlstate 'PT404' using
            message = 'There is no such invitation, or it was withdrawn',
            hint = 'Ask for a new invitation.';
    end if;
    if invitation.email is distinct from (select lower(u.email) from auth.users u where u.id = auth.uid()) then
        raise sqlstate 'PT403' using
            message = 'This invitation is for another e-mail address',
            hint = 'Sign in with the address that it was sent to.';
    end if;
    if invitation.accepted_at is not null then
        raise sqlstate 'PT409' using
            message = 'This invitation was used already',
            hint = 'If you have left the organization since, ask for a new invitation.';
    end if;
    if invitation.expires_at <= now() then
        raise sqlstate 'PT410' using message = 'This invitation has expired', hint = 'Ask for a new invitation.';
    end if;
    -- An invitation is worth what its sender may still do.
    if invitation.invited_by is not null and not exists (
        select from public.organization_members m
        where m.organization_id = invitation.organization_id and m.user_id = invitation.invited_by and m.role >= 'admin'
    ) then
        raise sqlstate 'PT404' using
            message = 'There is no such invitation, or it was withdrawn',
            hint = 'Ask for a new invitation.';
    end if;

    insert into public.organization_members (organization_id, user_id, role, added_by)
    values (invitation.organization_id, auth.uid(), invitation.role, invitation.invited_by)
    on conflict do nothing;
    select m.role into held from public.organization_members m
    where m.organization_id = invitation.organization_id and m.user_id = auth.uid();

    insert into public.team_members (organization_id, team_id, user_id)
    select t.organization_id, t.id, auth.uid()
    from public.teams t
    where t.organization_id = invitation.organization_id and t.id = invitation.team_id and t.deleted_at is null
    on conflict do nothing;

    update public.organization_invitations i set accepted_at = now(), accepted_by = auth.uid()
    where i.organization_id = invitation.organization_id and i.id = invitation.id;

    return jsonb_build_object(
        'organization_id', organization.id, 'name', organization.name, 'slug', organization.slug,
        'role', held, 'team_id', invitation.team_id
    );
end;
$$;
comment on function private.accept_invitation(text) is 'What public.accept_invitation does, with the rights to add the member.';
revoke all on function private.accept_invitation(text) from public, anon, authenticated, service_role;
grant execute on function private.accept_invitation(text) to authenticated;

create function public.accept_invitation(p_token text) returns jsonb
language sql
set search_path = ''
as $$
    select private.accept_invitation(p_token);
$$;
comment on function public.accept_invitation(text) is
    'Makes the signed-in person a member. Returns {organization_id, name, slug, role, team_id}. Raises PT404 if the token is unknown or '
    'withdrawn (or its sender is no admin any more), PT403 if it is for another e-mail address, PT409 if it was used, PT410 if it expired.';
revoke all on function public.accept_invitation(text) from public, anon, authenticated, service_role;
grant execute on function public.accept_invitation(text) to authenticated;

create function private.revoke_invitation(id uuid) returns void
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    invitation public.organization_invitations;
begin
    select i.* into invitation from public.organization_invitations i where i.id = id for update;
    perform private.require_role(invitation.organization_id, 'admin');
    if invitation.accepted_at is not null then
        raise sqlstate 'PT409' using
            message = 'This invitation was used already', hint = 'To take the person out again, use remove_member.';
    end if;
    update public.organization_invitations i set revoked_at = now() where i.id = id and i.revoked_at is null;
end;
$$;
comment on function private.revoke_invitation(uuid) is 'What public.revoke_invitation does, with the rights to change the row.';
revoke all on function private.revoke_invitation(uuid) from public, anon, authenticated, service_role;
grant execute on function private.revoke_invitation(uuid) to authenticated, service_role;

create function public.revoke_invitation(p_id uuid) returns void
language sql
set search_path = ''
as $$
    select private.revoke_invitation(p_id);
$$;
comment on function public.revoke_invitation(uuid) is
    'Withdraws a pending invitation, for admins. Returns nothing; a second call changes nothing. Raises PT403, PT404, or PT409 if it was used.';
revoke all on function public.revoke_invitation(uuid) from public, anon, authenticated, service_role;
grant execute on function public.revoke_invitation(uuid) to authenticated, service_role;

-- API keys ------------------------------------------------------------------------------------------

create function private.are_scopes(scopes text []) returns boolean
language sql immutable parallel safe
set search_path = ''
as $$
    select cardinality(scopes) between 1 and 50
        and not exists (
            select from unnest(scopes) s where s is null or s !~ '^[a-z][a-z0-9_.:*-]{0,63}$'
        );
$$;
comment on function private.are_scopes(text []) is 'True for 1 to 50 scopes such as chat:write; for use in a check constraint.';
revoke all on function private.are_scopes(text []) from public, anon, authenticated, service_role;
grant execute on function private.are_scopes(text []) to authenticated, service_role;

create table public.organization_api_keys (
    organization_id uuid not null references public.organizations (id) on delete cascade,
    id uuid not null default gen_random_uuid() constraint organization_api_keys_id_key unique,
    name public.label not null,
    key_prefix text not null,
    key_hash bytea not null constraint organization_api_keys_key_hash_key unique,
    scopes text [] constraint scopes_are_valid check (private.are_scopes(scopes)),
    created_by uuid references public.user_profiles (user_id) on delete set null,
    created_at timestamptz not null default now(),
    last_used_at timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz,
    primary key (organization_id, id)
);
comment on table public.organization_api_keys is
    'The organization''s keys for machines. A key is shown when it is made; only its hash is kept, and no client role may select '
    'it: a client names its columns, for `select *` is refused (42501).';
comment on column public.organization_api_keys.scopes is 'What the key may be used for; null means everything.';
comment on column public.organization_api_keys.last_used_at is 'When the key was last verified, to the minute.';

create index organization_api_keys_created_by on public.organization_api_keys (created_by);

alter table public.organization_api_keys enable row level security;
revoke all on public.organization_api_keys from public, anon, authenticated, service_role;
grant select (
    organization_id, id, name, key_prefix, scopes, created_by, created_at, last_used_at, expires_at, revoked_at
) on public.organization_api_keys to authenticated;
grant select, insert, update, delete on public.organization_api_keys to service_role;

create policy organization_api_keys_select on public.organization_api_keys
    for select to authenticated
    using (organization_id = any (array(select private.organization_ids('admin'))));

create trigger organization_api_keys_keep_identity
    before update of organization_id, id, key_hash on public.organization_api_keys
    for each row when (
        (old.organization_id, old.id, old.key_hash) is distinct from (new.organization_id, new.id, new.key_hash)
    )
    execute function private.refuse_change('organization_id', 'id', 'key_hash');
create trigger organization_api_keys_keep_creator
    before update of created_by on public.organization_api_keys
    for each row when (old.created_by is distinct from new.created_by)
    execute function private.refuse_change_of_person('created_by');

create function private.create_api_key(organization_id uuid, name text, scopes text [], expires_at timestamptz)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    secret text := private.new_secret('gw_');
    made public.organization_api_keys;
begin
    perform private.require_role(organization_id, 'admin');
    if expires_at <= now() then
        raise sqlstate 'PT400' using
            message = 'p_expires_at is in the past', hint = 'Name a time to come, or leave it out for a key that does not expire.';
    end if;
    if not private.are_scopes(scopes) then
        raise sqlstate 'PT400' using
            message = 'p_scopes is not a list of 1 to 50 scopes',
            hint = 'A scope is lower-case letters, digits and _.:*- such as chat:write. Leave p_scopes out for a key that may do everything.';
    end if;
    insert into public.organization_api_keys (
        organization_id, name, key_prefix, key_hash, scopes, expires_at, created_by
    )
    values (organization_id, name, left(secret, 9), private.hash_secret(secret), scopes, expires_at, auth.uid())
    returning * into made;
    return jsonb_build_object(
        'id', made.id, 'key', secret, 'organization_id', organization_id, 'name', made.name, 'key_prefix', made.key_prefix,
        'scopes', made.scopes, 'expires_at', made.expires_at, 'created_at', made.created_at
    );
end;
$$;
comment on function private.create_api_key(uuid, text, text [], timestamptz) is
    'What public.create_api_key does, with the rights to store the hash.';
revoke all on function private.create_api_key(uuid, text, text [], timestamptz) from public, anon, authenticated, service_role;
grant execute on function private.create_api_key(uuid, text, text [], timestamptz) to authenticated, service_role;

create function public.create_api_key(
    p_organization_id uuid, p_name text, p_scopes text [] default null, p_expires_at timestamptz default null
) returns jsonb
language sql
set search_path = ''
as $$
    select private.create_api_key(p_organization_id, p_name, p_scopes, p_expires_at);
$$;
comment on function public.create_api_key(uuid, text, text [], timestamptz) is
    'Makes an API key, for admins. Returns {id, key, organization_id, name, key_prefix, scopes, expires_at, created_at}; the key is shown '
    'this once. Raises PT400 for scopes or a time that make no sense, PT403 below admin, PT404 for an unknown organization.';
revoke all on function public.create_api_key(uuid, text, text [], timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.create_api_key(uuid, text, text [], timestamptz) to authenticated, service_role;

create function public.verify_api_key(p_key text, p_scope text default null) returns jsonb
language plpgsql
set search_path = ''
as $$
declare
    found_key public.organization_api_keys;
begin
    select k.* into found_key
    from public.organization_api_keys k
    join public.organizations o on o.id = k.organization_id and o.deleted_at is null
    where k.key_hash = private.hash_secret(p_key)
        and k.revoked_at is null
        and (k.expires_at is null or k.expires_at > now())
        and (p_scope is null or k.scopes is null or p_scope = any (k.scopes));
    if not found then
        return null;
    end if;
    -- Once a minute, so that a busy key is not a hot row.
    update public.organization_api_keys k set last_used_at = now()
    where k.organization_id = found_key.organization_id
        and k.id = found_key.id
        and (k.last_used_at is null or k.last_used_at < now() - interval '1 minute');
    return jsonb_build_object(
        'api_key_id', found_key.id, 'organization_id', found_key.organization_id, 'name', found_key.name,
        'scopes', found_key.scopes, 'expires_at', found_key.expires_at, 'created_by', found_key.created_by
    );
end;
$$;
comment on function public.verify_api_key(text, text) is
    'For the service role. Returns {api_key_id, organization_id, name, scopes, expires_at, created_by} of a live key that has the scope '
    '(where one is asked for), else null; which of the reasons it was is not told.';
revoke all on function public.verify_api_key(text, text) from public, anon, authenticated, service_role;
grant execute on function public.verify_api_key(text, text) to service_role;

create function private.revoke_api_key(id uuid) returns void
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
begin
    perform private.require_role((select k.organization_id from public.organization_api_keys k where k.id = id), 'admin');
    update public.organization_api_keys k set revoked_at = now() where k.id = id and k.revoked_at is null;
end;
$$;
comment on function private.revoke_api_key(uuid) is 'What public.revoke_api_key does, with the rights to change the row.';
revoke all on function private.revoke_api_key(uuid) from public, anon, authenticated, service_role;
grant execute on function private.revoke_api_key(uuid) to authenticated, service_role;

create function public.revoke_api_key(p_id uuid) returns void
language sql
set search_path = ''
as $$
    select private.revoke_api_key(p_id);
$$;
comment on function public.revoke_api_key(uuid) is
    'Revokes an API key at once, for admins. Returns nothing; a second call changes nothing. Raises PT403 or PT404.';
revoke all on function public.revoke_api_key(uuid) from public, anon, authenticated, service_role;
grant execute on function public.revoke_api_key(uuid) to authenticated, service_role;

-- Leaving, removing, changing roles, transferring, deleting ---------------------------------------------
-- The policies decide; these functions say clearly why they refuse.

create function public.change_member_role(
    p_organization_id uuid, p_user_id uuid, p_role public.organization_role
) returns void
language plpgsql
set search_path = ''
as $$
declare
    held public.organization_role := private.require_role(p_organization_id, 'admin');
    target public.organization_role;
begin
    select m.role into target from public.organization_members m
    where m.organization_id = p_organization_id and m.user_id = p_user_id;
    if not found then
        raise sqlstate 'PT404' using message = 'There is no such member of the organization', hint = 'Check p_user_id.';
    end if;
    if held < 'owner' and greatest(target, p_role) >= 'owner' then
        raise sqlstate 'PT403' using
            message = 'Only an owner makes or unmakes owners', hint = 'Ask an owner of the organization.';
    end if;
    update public.organization_members m set role = p_role
    where m.organization_id = p_organization_id and m.user_id = p_user_id and m.role <> p_role;
end;
$$;
comment on function public.change_member_role(uuid, uuid, public.organization_role) is
    'Gives a member another role, for admins (owners, where the role owner is touched). Returns nothing. Raises PT403, PT404, or PT409 '
    'for the last owner.';
revoke all on function public.change_member_role(uuid, uuid, public.organization_role) from public, anon, authenticated, service_role;
grant execute on function public.change_member_role(uuid, uuid, public.organization_role) to authenticated, service_role;

create function public.remove_member(p_organization_id uuid, p_user_id uuid) returns void
language plpgsql
set search_path = ''
as $$
declare
    held public.organization_role := private.require_role(
        p_organization_id,
        case when p_user_id = (select auth.uid()) then 'viewer' else 'admin' end::public.organization_role
    );
    target public.organization_role;
begin
    select m.role into target from public.organization_members m
    where m.organization_id = p_organization_id and m.user_id = p_user_id;
    if not found then
        raise sqlstate 'PT404' using message = 'There is no such member of the organization', hint = 'Check p_user_id.';
    end if;
    if target = 'owner' and held < 'owner' then
        raise sqlstate 'PT403' using message = 'Only an owner removes owners', hint = 'Ask an owner of the organization.';
    end if;
    delete from public.organization_members m
    where m.organization_id = p_organization_id and m.user_id = p_user_id;
end;
$$;
comment on function public.remove_member(uuid, uuid) is
    'Takes a person out of the organization, its teams and its conversations: admins anybody below owner, owners anybody, everybody '
    'themselves. Returns nothing. Raises PT403, PT404, or PT409 for the last owner.';
revoke all on function public.remove_member(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.remove_member(uuid, uuid) to authenticated, service_role;

create function public.leave_organization(p_organization_id uuid) returns void
language sql
set search_path = ''
as $$
    select public.remove_member(p_organization_id, (select auth.uid()));
$$;
comment on function public.leave_organization(uuid) is
    'Takes the caller out of the organization. Returns nothing. Raises PT404, or PT409 for the last owner.';
revoke all on function public.leave_organization(uuid) from public, anon, authenticated, service_role;
grant execute on function public.leave_organization(uuid) to authenticated;

create function public.transfer_ownership(p_organization_id uuid, p_user_id uuid) returns void
language plpgsql
set search_path = ''
as $$
declare
    me uuid := auth.uid();
begin
    perform private.require_role(p_organization_id, 'owner');
    if p_user_id = me then
        raise sqlstate 'PT400' using message = 'You are the owner already', hint = 'Name the member who is to become it.';
    end if;
    perform public.change_member_role(p_organization_id, p_user_id, 'owner');
    if me is not null then
        perform public.change_member_role(p_organization_id, me, 'admin');
    end if;
end;
$$;
comment on function public.transfer_ownership(uuid, uuid) is
    'Makes a member owner and the calling owner an admin, together or not at all. Returns nothing. Raises PT400, PT403 or PT404.';
revoke all on function public.transfer_ownership(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.transfer_ownership(uuid, uuid) to authenticated, service_role;

create function private.delete_organization(id uuid) returns void
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
begin
    perform private.require_role(id, 'owner');
    if exists (select from public.organizations o where o.id = id and o.is_personal) then
        raise sqlstate 'PT409' using
            message = 'A personal organization goes with its account', hint = 'Delete the account instead.';
    end if;
    update public.organizations o set deleted_at = now() where o.id = id;
end;
$$;
comment on function private.delete_organization(uuid) is 'What public.delete_organization does, with the rights to set deleted_at.';
revoke all on function private.delete_organization(uuid) from public, anon, authenticated, service_role;
grant execute on function private.delete_organization(uuid) to authenticated, service_role;

create function public.delete_organization(p_id uuid) returns void
language sql
set search_path = ''
as $$
    select private.delete_organization(p_id);
$$;
comment on function public.delete_organization(uuid) is
    'Deletes an organization, for owners: it and all that is in it is gone at once for everybody but the service role. Returns nothing. '
    'Raises PT403, PT404, or PT409 for a personal one.';
revoke all on function public.delete_organization(uuid) from public, anon, authenticated, service_role;
grant execute on function public.delete_organization(uuid) to authenticated, service_role;

create function private.delete_team(id uuid) returns void
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
begin
    perform private.require_role(
        (select t.organization_id from public.teams t where t.id = id and t.deleted_at is null), 'admin'
    );
    delete from public.team_members tm where tm.team_id = id;
    update public.teams t set deleted_at = now() where t.id = id;
end;
$$;
comment on function private.delete_team(uuid) is 'What public.delete_team does, with the rights to set deleted_at.';
revoke all on function private.delete_team(uuid) from public, anon, authenticated, service_role;
grant execute on function private.delete_team(uuid) to authenticated, service_role;

create function public.delete_team(p_id uuid) returns void
language sql
set search_path = ''
as $$
    select private.delete_team(p_id);
$$;
comment on function public.delete_team(uuid) is
    'Deletes a team, for admins. What was shared with it stays for admins to share anew. Returns nothing. Raises PT403 or PT404.';
revoke all on function public.delete_team(uuid) from public, anon, authenticated, service_role;
grant execute on function public.delete_team(uuid) to authenticated, service_role;

-- Audit log -----------------------------------------------------------------------------------------

create table public.organization_audit_log (
    organization_id uuid not null references public.organizations (id) on delete cascade,
    id uuid not null default gen_random_uuid(),
    actor_id uuid references public.user_profiles (user_id) on delete set null,
    action text not null constraint action_is_known check (action in ('insert', 'update', 'delete')),
    table_name text not null,
    record jsonb not null,
    old_values jsonb,
    new_values jsonb,
    created_at timestamptz not null default clock_timestamp(),
    primary key (organization_id, id)
);
comment on table public.organization_audit_log is
    'What was done to the organization, its people, teams, invitations and keys. Written by triggers and by nobody else, the '
    'service role included; read by admins.';
comment on column public.organization_audit_log.actor_id is 'Who did it; null for the service role, and once the account is deleted.';
comment on column public.organization_audit_log.record is 'The key of the row, such as {"user_id": …}.';
comment on column public.organization_audit_log.old_values is 'For an update the columns that changed, for a delete all.';

create index organization_audit_log_created on public.organization_audit_log (organization_id, created_at desc);
create index organization_audit_log_actor on public.organization_audit_log (actor_id);

alter table public.organization_audit_log enable row level security;
revoke all on public.organization_audit_log from public, anon, authenticated, service_role;
grant select on public.organization_audit_log to authenticated, service_role;

create policy organization_audit_log_select on public.organization_audit_log
    for select to authenticated
    using (organization_id = any (array(select private.organization_ids('admin'))));

create function private.record_audit() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
    -- Secrets, and what changes without anybody having done something.
    hidden constant text [] := array['key_hash', 'token_hash', 'last_used_at', 'updated_at'];
    before jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) - hidden end;
    after jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) - hidden end;
    whole jsonb := coalesce(after, before);
    tenant uuid := (case tg_table_name when 'organizations' then whole ->> 'id' else whole ->> 'organization_id' end)::uuid;
begin
    if tg_op = 'UPDATE' then
        if before = after then
            return null;
        end if;
        select jsonb_object_agg(b.key, b.value), jsonb_object_agg(b.key, after -> b.key)
        into before, after
        from jsonb_each(before) b
        where b.value is distinct from after -> b.key;
    end if;
    insert into public.organization_audit_log (
        organization_id, actor_id, action, table_name, record, old_values, new_values
    )
    select
        o.id,
        -- Whoever deletes their own account is no longer there to refer to.
        (select p.user_id from public.user_profiles p where p.user_id = auth.uid()),
        lower(tg_op),
        tg_table_name,
        (select jsonb_object_agg(w.key, w.value) from jsonb_each(whole) w where w.key = any (tg_argv)),
        before,
        after
    -- Nothing is left to write about where the organization itself is being erased.
    from public.organizations o
    where o.id = tenant;
    return null;
end;
$$;
comment on function private.record_audit() is
    'After insert, update or delete: writes the row''s change to the audit log. Its arguments are the columns that name the row.';
revoke all on function private.record_audit() from public, anon, authenticated, service_role;

create trigger organizations_audit
    after insert or update or delete on public.organizations
    for each row execute function private.record_audit('id');
create trigger organization_members_audit
    after insert or update or delete on public.organization_members
    for each row execute function private.record_audit('user_id');
create trigger teams_audit
    after insert or update or delete on public.teams
    for each row execute function private.record_audit('id');
create trigger team_members_audit
    after insert or update or delete on public.team_members
    for each row execute function private.record_audit('team_id', 'user_id');
create trigger organization_invitations_audit
    after insert or update or delete on public.organization_invitations
    for each row execute function private.record_audit('id');
create trigger organization_api_keys_audit
    after insert or update or delete on public.organization_api_keys
    for each row execute function private.record_audit('id');

-- People who were here before this migration get their personal organization too.
select private.create_personal_organization(p.user_id) from public.user_profiles p;
