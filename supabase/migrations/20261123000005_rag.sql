-- Retrieval: collections, documents, their chunks with embeddings, and how far the processing of a document is.
--
-- Who reads a document is said by its audience: its organization, its team or its creator, derived from visibility. The caller
-- reads it if they are in the organization and the audience is among private.audiences(); they change it if, besides,
-- private.can_manage() says so. A chunk carries the audience of its document, so that search needs no other table to decide.

create function private.is_search_language(name text) returns boolean
language sql immutable parallel safe
set search_path = ''
as $$
    select exists (
        select from pg_catalog.pg_ts_config c
        where c.cfgname = name and c.cfgnamespace = 'pg_catalog'::regnamespace
    );
$$;
comment on function private.is_search_language(text) is
    'True when Postgres has a text search configuration of this name. Declared immutable for use in a domain.';
revoke all on function private.is_search_language(text) from public, anon, authenticated, service_role;
grant execute on function private.is_search_language(text) to authenticated, service_role;

create domain public.search_language as text
    constraint search_language_is_configured check (private.is_search_language(value));
comment on domain public.search_language is
    'A text search configuration of Postgres, such as english or german; simple for identifiers and mixed languages.';

create function private.inherited_visibility() returns public.visibility
language sql immutable
set search_path = ''
as $$
    select null::public.visibility;
$$;
comment on function private.inherited_visibility() is
    'Null: the column default where a trigger fills in the visibility of the parent. It makes generated types optional.';
revoke all on function private.inherited_visibility() from public, anon, authenticated, service_role;
grant execute on function private.inherited_visibility() to authenticated, service_role;

create function private.default_embedding_model() returns text
language sql immutable
set search_path = ''
as $$
    select 'intfloat/multilingual-e5-small';
$$;
comment on function private.default_embedding_model() is
    'The model of embeddings for which nobody named another. It has the 384 dimensions of document_chunks.embedding.';
revoke all on function private.default_embedding_model() from public, anon, authenticated, service_role;
grant execute on function private.default_embedding_model() to authenticated, service_role;

-- Collections ---------------------------------------------------------------------------------------

create table public.document_collections (
    organization_id uuid not null default private.inherited_organization()
        references public.organizations (id) on delete cascade,
    id uuid not null default gen_random_uuid() constraint document_collections_id_key unique,
    name public.label not null,
    description text constraint description_is_short check (char_length(description) <= 2000),
    visibility public.visibility not null default 'private',
    team_id uuid,
    audience uuid generated always as (private.audience(visibility, organization_id, team_id, created_by)) stored,
    language public.search_language not null default 'english',
    embedding_model public.model_name not null default private.default_embedding_model(),
    metadata public.json_object not null default '{}',
    created_by uuid default auth.uid() references public.user_profiles (user_id) on delete set null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, team_id) references public.teams (organization_id, id),
    constraint team_visibility_names_a_team check (visibility <> 'team' or team_id is not null)
);
comment on table public.document_collections is
    'Groups of documents. A document put into one takes over its visibility, unless it names its own.';
comment on column public.document_collections.language is 'The language of the documents, for keyword search.';
comment on column public.document_collections.embedding_model is 'The model of the vectors of chunks that name none.';

-- Unique among those who see it: a name must not tell of a collection that one may not see.
create unique index document_collections_name_once
    on public.document_collections (organization_id, audience, lower(name)) where deleted_at is null;
create index document_collections_team on public.document_collections (organization_id, team_id);
create index document_collections_created_by on public.document_collections (created_by);

alter table public.document_collections enable row level security;
revoke all on public.document_collections from public, anon, authenticated, service_role;
grant select on public.document_collections to authenticated;
grant insert (organization_id, id, name, description, visibility, team_id, language, embedding_model, metadata, created_by)
    on public.document_collections to authenticated;
grant update (name, description, visibility, team_id, language, embedding_model, metadata)
    on public.document_collections to authenticated;
grant select, insert, update, delete on public.document_collections to service_role;

create policy document_collections_select on public.document_collections
    for select to authenticated
    using (
        deleted_at is null
        and organization_id = any (array(select private.organization_ids('viewer')))
        and audience = any (array(select private.audiences()))
    );
create policy document_collections_insert on public.document_collections
    for insert to authenticated
    with check (
        created_by = (select auth.uid())
        and organization_id = any (array(select private.organization_ids('member')))
        and audience = any (array(select private.audiences()))
    );
create policy document_collections_update on public.document_collections
    for update to authenticated
    using (deleted_at is null and private.can_manage(organization_id, visibility, team_id, created_by))
    with check (private.can_manage(organization_id, visibility, team_id, created_by));

create trigger document_collections_set_organization
    before insert on public.document_collections
    for each row execute function private.set_personal_organization();
create trigger document_collections_set_updated_at
    before update on public.document_collections
    for each row execute function private.set_updated_at();
create trigger document_collections_keep_identity
    before update of organization_id, id on public.document_collections
    for each row when ((old.organization_id, old.id) is distinct from (new.organization_id, new.id))
    execute function private.refuse_change('organization_id', 'id');
create trigger document_collections_keep_creator
    before update of created_by on public.document_collections
    for each row when (old.created_by is distinct from new.created_by)
    execute function private.refuse_change_of_person('created_by');

-- Documents -----------------------------------------------------------------------------------------

create table public.documents (
    organization_id uuid not null default private.inherited_organization()
        references public.organizations (id) on delete cascade,
    id uuid not null default gen_random_uuid() constraint documents_id_key unique,
    collection_id uuid,
    title text not null constraint title_is_bounded check (
        char_length(title) between 1 and 500 and title ~ '[^[:space:]]'
    ),
    content text constraint content_is_bounded check (octet_length(content) <= 16777216),
    source_url public.web_url,
    storage_path text constraint storage_path_is_bounded check (char_length(storage_path) between 1 and 1024),
    mime_type text constraint mime_type_is_valid check (
        mime_type ~ '^[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*$' and char_length(mime_type) <= 255
    ),
    visibility public.visibility not null default private.inherited_visibility(),
    team_id uuid,
    audience uuid generated always as (private.audience(visibility, organization_id, team_id, created_by)) stored,
    metadata public.json_object not null default '{}',
    created_by uuid default auth.uid() references public.user_profiles (user_id) on delete set null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, collection_id)
        references public.document_collections (organization_id, id) on delete set null (collection_id),
    foreign key (organization_id, team_id) references public.teams (organization_id, id),
    constraint team_visibility_names_a_team check (visibility <> 'team' or team_id is not null)
);
comment on table public.documents is 'What can be searched. Its text is searched by its chunks.';
comment on column public.documents.storage_path is 'Where the original file lies in the bucket documents. Set by the service role.';

create index idx_documents_org_created on public.documents (organization_id, created_at desc);
create index documents_audience on public.documents (organization_id, audience, created_at desc) where deleted_at is null;
create index documents_collection on public.documents (organization_id, collection_id);
create index documents_team on public.documents (organization_id, team_id);
create index documents_created_by on public.documents (created_by);

alter table public.documents enable row level security;
revoke all on public.documents from public, anon, authenticated, service_role;
grant select on public.documents to authenticated;
grant insert (
    organization_id, id, collection_id, title, content, source_url, mime_type, visibility, team_id, metadata, created_by
) on public.documents to authenticated;
grant update (collection_id, title, content, source_url, mime_type, visibility, team_id, metadata)
    on public.documents to authenticated;
grant select, insert, update, delete on public.documents to service_role;

create policy documents_select on public.documents
    for select to authenticated
    using (
        deleted_at is null
        and organization_id = any (array(select private.organization_ids('viewer')))
        and audience = any (array(select private.audiences()))
    );
create policy documents_insert on public.documents
    for insert to authenticated
    with check (
        created_by = (select auth.uid())
        and organization_id = any (array(select private.organization_ids('member')))
        and audience = any (array(select private.audiences()))
        -- Held to the policy of collections: one puts documents into what one sees.
        and (
            collection_id is null
            or exists (select from public.document_collections c where c.id = documents.collection_id)
        )
    );
create policy documents_update on public.documents
    for update to authenticated
    using (deleted_at is null and private.can_manage(organization_id, visibility, team_id, created_by))
    with check (
        private.can_manage(organization_id, visibility, team_id, created_by)
        and (
            collection_id is null
            or exists (select from public.document_collections c where c.id = documents.collection_id)
        )
    );

create function private.inherit_from_collection() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
    collection public.document_collections;
begin
    if new.collection_id is not null then
        select c.* into collection from public.document_collections c
        where c.id = new.collection_id and c.deleted_at is null;
    end if;
    new.organization_id := coalesce(
        new.organization_id, collection.organization_id, private.personal_organization_id(coalesce(new.created_by, auth.uid()))
    );
    if new.visibility is null then
        new.visibility := coalesce(collection.visibility, 'private');
        new.team_id := coalesce(new.team_id, collection.team_id);
    end if;
    return new;
end;
$$;
comment on function private.inherit_from_collection() is
    'Before insert on documents: organization and visibility are the collection''s where the document names none; without a '
    'collection it is private, in the creator''s personal organization.';
revoke all on function private.inherit_from_collection() from public, anon, authenticated, service_role;

create trigger documents_inherit
    before insert on public.documents
    for each row execute function private.inherit_from_collection();
create trigger documents_set_updated_at
    before update on public.documents
    for each row execute function private.set_updated_at();
create trigger documents_keep_identity
    before update of organization_id, id on public.documents
    for each row when ((old.organization_id, old.id) is distinct from (new.organization_id, new.id))
    execute function private.refuse_change('organization_id', 'id');
create trigger documents_keep_creator
    before update of created_by on public.documents
    for each row when (old.created_by is distinct from new.created_by)
    execute function private.refuse_change_of_person('created_by');

-- Chunks --------------------------------------------------------------------------------------------

create table public.document_chunks (
    organization_id uuid not null default private.inherited_organization(),
    id uuid not null default gen_random_uuid(),
    document_id uuid not null,
    chunk_index integer not null default 0 constraint chunk_index_is_not_negative check (chunk_index >= 0),
    content text not null constraint content_is_bounded check (char_length(content) between 1 and 100000),
    embedding extensions.vector(384),
    embedding_model public.model_name,
    token_count integer constraint token_count_is_not_negative check (token_count >= 0),
    metadata public.json_object not null default '{}',
    -- What follows is the trigger's, see private.prepare_chunk.
    audience uuid,
    search_vector tsvector not null default '',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (organization_id, id),
    constraint document_chunks_index_key unique (organization_id, document_id, chunk_index),
    foreign key (organization_id, document_id) references public.documents (organization_id, id) on delete cascade,
    constraint embeddings_name_their_model check (embedding is null or embedding_model is not null)
);
comment on table public.document_chunks is 'The passages of documents, with the embeddings that semantic search compares.';
comment on column public.document_chunks.audience is
    'The audience of the document, null once that is deleted. Kept by triggers, under a lock on the document.';

create index document_chunks_audience on public.document_chunks (organization_id, audience);
create index document_chunks_embedding on public.document_chunks using hnsw (embedding extensions.vector_cosine_ops);
create index document_chunks_search_vector on public.document_chunks using gin (search_vector);

alter table public.document_chunks enable row level security;
revoke all on public.document_chunks from public, anon, authenticated, service_role;
grant select, delete on public.document_chunks to authenticated;
grant insert (
    organization_id, id, document_id, chunk_index, content, embedding, embedding_model, token_count, metadata
) on public.document_chunks to authenticated;
grant update (chunk_index, content, embedding, embedding_model, token_count, metadata)
    on public.document_chunks to authenticated;
grant select, insert, update, delete on public.document_chunks to service_role;

create policy document_chunks_select on public.document_chunks
    for select to authenticated
    using (
        organization_id = any (array(select private.organization_ids('viewer')))
        and audience = any (array(select private.audiences()))
    );
-- Whoever may change the document may change its chunks; the subqueries are held to the policy of documents.
create policy document_chunks_insert on public.document_chunks
    for insert to authenticated
    with check (
        exists (
            select from public.documents d
            where d.id = document_chunks.document_id
                and private.can_manage(d.organization_id, d.visibility, d.team_id, d.created_by)
        )
    );
create policy document_chunks_update on public.document_chunks
    for update to authenticated
    using (
        exists (
            select from public.documents d
            where d.id = document_chunks.document_id
                and private.can_manage(d.organization_id, d.visibility, d.team_id, d.created_by)
        )
    );
create policy document_chunks_delete on public.document_chunks
    for delete to authenticated
    using (
        exists (
            select from public.documents d
            where d.id = document_chunks.document_id
                and private.can_manage(d.organization_id, d.visibility, d.team_id, d.created_by)
        )
    );

create function private.prepare_chunk() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
    document public.documents;
    collection public.document_collections;
    language regconfig;
begin
    -- The lock makes a change of the document's visibility wait for this chunk, or this chunk for it: no chunk is left
    -- with an audience that its document no longer has.
    select d.* into document from public.documents d where d.id = new.document_id for share;
    new.organization_id := coalesce(new.organization_id, document.organization_id);
    new.audience := case when document.deleted_at is null then document.audience end;

    select c.* into collection from public.document_collections c where c.id = document.collection_id;
    if new.embedding is not null then
        new.embedding_model := coalesce(
            new.embedding_model, collection.embedding_model, private.default_embedding_model()
        );
    end if;
    language := coalesce(collection.language, 'english')::text::regconfig;
    new.search_vector := setweight(to_tsvector(language, coalesce(document.title, '')), 'A')
        || setweight(to_tsvector(language, new.content), 'B');
    return new;
end;
$$;
comment on function private.prepare_chunk() is
    'Before insert, and before update of what it reads, on document_chunks: fills in organization, audience, the model of the embedding, and what '
    'keyword search compares (title above body, in the language of the collection).';
revoke all on function private.prepare_chunk() from public, anon, authenticated, service_role;

create trigger document_chunks_prepare
    before insert or update of content, embedding, embedding_model, audience, search_vector on public.document_chunks
    for each row execute function private.prepare_chunk();
create trigger document_chunks_set_updated_at
    before update of chunk_index, content, embedding, embedding_model, token_count, metadata on public.document_chunks
    for each row execute function private.set_updated_at();
create trigger document_chunks_keep_identity
    before update of organization_id, id, document_id on public.document_chunks
    for each row when (
        (old.organization_id, old.id, old.document_id) is distinct from (new.organization_id, new.id, new.document_id)
    )
    execute function private.refuse_change('organization_id', 'id', 'document_id');

create function private.refresh_chunks() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    -- Naming the column is enough: private.prepare_chunk computes it.
    update public.document_chunks c set audience = new.audience
    where c.organization_id = new.organization_id and c.document_id = new.id;
    return null;
end;
$$;
comment on function private.refresh_chunks() is
    'After a document''s audience, deletion, title or collection changed: its chunks follow within the same statement.';
revoke all on function private.refresh_chunks() from public, anon, authenticated, service_role;

create trigger documents_refresh_chunks
    after update on public.documents
    for each row when (
        old.audience is distinct from new.audience
        or old.deleted_at is distinct from new.deleted_at
        or old.title is distinct from new.title
        or old.collection_id is distinct from new.collection_id
    )
    execute function private.refresh_chunks();

-- Processing ----------------------------------------------------------------------------------------

create table public.document_processing_status (
    organization_id uuid not null,
    document_id uuid not null,
    status public.processing_status not null default 'pending',
    stage public.label,
    chunks_total integer constraint chunks_total_is_not_negative check (chunks_total >= 0),
    chunks_completed integer not null default 0 constraint chunks_completed_is_not_negative check (chunks_completed >= 0),
    attempts integer not null default 0 constraint attempts_is_not_negative check (attempts >= 0),
    error_message text constraint error_message_is_bounded check (char_length(error_message) <= 4000),
    started_at timestamptz,
    completed_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (organization_id, document_id),
    foreign key (organization_id, document_id) references public.documents (organization_id, id) on delete cascade,
    constraint chunks_completed_are_chunks check (chunks_completed <= chunks_total)
);
comment on table public.document_processing_status is
    'How far the extraction, chunking and embedding of a document is. Written by the service role, read by whoever sees the document.';

create index document_processing_status_open
    on public.document_processing_status (status, updated_at) where status in ('pending', 'processing');

alter table public.document_processing_status enable row level security;
revoke all on public.document_processing_status from public, anon, authenticated, service_role;
grant select on public.document_processing_status to authenticated;
grant select, insert, update, delete on public.document_processing_status to service_role;

create policy document_processing_status_select on public.document_processing_status
    for select to authenticated
    using (exists (select from public.documents d where d.id = document_processing_status.document_id));

create trigger document_processing_status_set_updated_at
    before update on public.document_processing_status
    for each row execute function private.set_updated_at();

-- Deleting ------------------------------------------------------------------------------------------

create function private.delete_document(id uuid) returns void
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    document public.documents;
begin
    select d.* into document from public.documents d
    where d.id = id
        and d.deleted_at is null
        and (
            private.bypasses_row_security()
            or (
                d.organization_id in (select private.organization_ids('viewer'))
                and d.audience in (select private.audiences())
            )
        )
    for update;
    if not found then
        raise sqlstate 'PT404' using
            message = 'There is no such document among those you see', hint = 'Check the id.';
    end if;
    if not (
        private.bypasses_row_security()
        or private.can_manage(document.organization_id, document.visibility, document.team_id, document.created_by)
    ) then
        raise sqlstate 'PT403' using
            message = 'Only its creator, a lead of its team or an admin deletes a document', hint = 'Ask one of them.';
    end if;
    update public.documents d set deleted_at = now() where d.id = id;
end;
$$;
comment on function private.delete_document(uuid) is 'What public.delete_document does, with the rights to set deleted_at.';
revoke all on function private.delete_document(uuid) from public, anon, authenticated, service_role;
grant execute on function private.delete_document(uuid) to authenticated, service_role;

create function public.delete_document(p_id uuid) returns void
language sql
set search_path = ''
as $$
    select private.delete_document(p_id);
$$;
comment on function public.delete_document(uuid) is
    'Deletes a document: it and its chunks are gone at once for everybody but the service role. Returns nothing. Raises PT403 or PT404.';
revoke all on function public.delete_document(uuid) from public, anon, authenticated, service_role;
grant execute on function public.delete_document(uuid) to authenticated, service_role;

create function private.delete_collection(id uuid, with_documents boolean) returns void
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    collection public.document_collections;
begin
    select c.* into collection from public.document_collections c
    where c.id = id
        and c.deleted_at is null
        and (
            private.bypasses_row_security()
            or (
                c.organization_id in (select private.organization_ids('viewer'))
                and c.audience in (select private.audiences())
            )
        )
    for update;
    if not found then
        raise sqlstate 'PT404' using
            message = 'There is no such collection among those you see', hint = 'Check the id.';
    end if;
    if not (
        private.bypasses_row_security()
        or private.can_manage(collection.organization_id, collection.visibility, collection.team_id, collection.created_by)
    ) then
        raise sqlstate 'PT403' using
            message = 'Only its creator, a lead of its team or an admin deletes a collection', hint = 'Ask one of them.';
    end if;
    if with_documents then
        update public.documents d set deleted_at = now()
        where d.organization_id = collection.organization_id
            and d.collection_id = id
            and d.deleted_at is null
            and (
                private.bypasses_row_security()
                or private.can_manage(d.organization_id, d.visibility, d.team_id, d.created_by)
            );
    end if;
    update public.document_collections c set deleted_at = now() where c.id = id;
    update public.documents d set collection_id = null
    where d.organization_id = collection.organization_id and d.collection_id = id and d.deleted_at is null;
end;
$$;
comment on function private.delete_collection(uuid, boolean) is
    'What public.delete_collection does, with the rights to set deleted_at.';
revoke all on function private.delete_collection(uuid, boolean) from public, anon, authenticated, service_role;
grant execute on function private.delete_collection(uuid, boolean) to authenticated, service_role;

create function public.delete_collection(p_id uuid, p_with_documents boolean default false) returns void
language sql
set search_path = ''
as $$
    select private.delete_collection(p_id, p_with_documents);
$$;
comment on function public.delete_collection(uuid, boolean) is
    'Deletes a collection. Its documents stay, in no collection; with p_with_documents those that the caller may delete are deleted '
    'with it. Returns nothing. Raises PT403 or PT404.';
revoke all on function public.delete_collection(uuid, boolean) from public, anon, authenticated, service_role;
grant execute on function public.delete_collection(uuid, boolean) to authenticated, service_role;
