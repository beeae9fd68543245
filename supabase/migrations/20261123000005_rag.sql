-- Retrieval: collections, documents, their chunks with embeddings, and how far the processing of a document is.
--
-- Who reads a document is said by its audience: its organization, its team or its creator, derived from visibility. The caller
-- reads it if they are in the organization and the audience is among private.audiences(); they change it if, besides,
-- private.can_manage() says so. A chunk has no rule of its own: whoever reads its document reads it, so that sharing a document
-- anew changes one row, and takes effect at once.

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

create function private.inherited_document() returns uuid
language sql immutable
set search_path = ''
as $$
    select null::uuid;
$$;
comment on function private.inherited_document() is
    'Null: the column default where a trigger makes the document. It makes generated types optional.';
revoke all on function private.inherited_document() from public, anon, authenticated, service_role;
grant execute on function private.inherited_document() to authenticated, service_role;

create function private.default_search_language() returns text
language sql immutable
set search_path = ''
as $$
    select 'english';
$$;
comment on function private.default_search_language() is 'The language of documents that are in no collection, for keyword search.';
revoke all on function private.default_search_language() from public, anon, authenticated, service_role;
grant execute on function private.default_search_language() to authenticated, service_role;

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
    language public.search_language not null default private.default_search_language(),
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
comment on column public.document_collections.embedding_model is
    'The model of the vectors of chunks that name none. Ingestion stores no vectors of another; a collection that is empty, and of the default model, takes over '
    'that of ingestion. Changed by start_reembedding.';

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
-- The model is changed by start_reembedding, for the vectors have to change with it.
grant update (name, description, visibility, team_id, language, metadata) on public.document_collections to authenticated;
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
-- All that search asks of a document, so that it need not read the document itself.
create index documents_search on public.documents (organization_id, audience, collection_id, id) where deleted_at is null;
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
    with check (private.can_manage(organization_id, visibility, team_id, created_by));

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

create function private.refuse_unseen_collection() returns trigger
language plpgsql
set search_path = ''
as $$
begin
    -- Not security definer, so that this is held to the policy of collections. The policy of documents cannot ask it: a document
    -- that is shared may lie in a collection that is not, and whoever manages it must be able to change the rest of it.
    if not exists (select from public.document_collections c where c.id = new.collection_id) then
        raise insufficient_privilege using
            message = 'There is no such collection among those you see', hint = 'Check collection_id.';
    end if;
    return new;
end;
$$;
comment on function private.refuse_unseen_collection() is
    'Before update on documents: raises 42501 where a document is moved into a collection that the caller does not see.';
revoke all on function private.refuse_unseen_collection() from public, anon, authenticated, service_role;

create trigger documents_refuse_unseen_collection
    before update of collection_id on public.documents
    for each row when (new.collection_id is not null and new.collection_id is distinct from old.collection_id)
    execute function private.refuse_unseen_collection();

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
    document_id uuid not null default private.inherited_document(),
    chunk_index integer not null default 0 constraint chunk_index_is_not_negative check (chunk_index >= 0),
    content text not null constraint content_is_bounded check (char_length(content) between 1 and 100000),
    embedding extensions.vector(384)
        constraint embedding_has_a_direction check (extensions.vector_norm(embedding) between 1e-15 and 1e15),
    embedding_model public.model_name,
    token_count integer constraint token_count_is_not_negative check (token_count >= 0),
    metadata public.json_object not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (organization_id, id),
    constraint document_chunks_index_key unique (organization_id, document_id, chunk_index),
    foreign key (organization_id, document_id) references public.documents (organization_id, id) on delete cascade,
    constraint embeddings_name_their_model check (embedding is null or embedding_model is not null)
);
comment on table public.document_chunks is
    'The passages of documents, with the embeddings that semantic search compares. Inserted without a document, a chunk makes one '
    'of its own, which goes with it: titled by its metadata (title, source or file_name) or first line, in the collection that '
    'metadata.collection_id names, or the organization that metadata.organization_id does.';
comment on column public.document_chunks.embedding_model is
    'The model that made the embedding: the collection''s where the chunk names none.';

-- Beside its content a chunk is mostly too long for its page. The vector stays in the row, for search reads it of every chunk that it
-- compares; the text moves out, for it is read of the ten that are returned.
do $$
begin
    -- Unless it is so long that few would share a page.
    if 384 <= 900 then
        alter table public.document_chunks alter column embedding set storage plain;
    end if;
end;
$$;

-- One graph of vectors for all tenants would be walked past everybody else's chunks before a small tenant's are met. So there
-- are 32, each of about a thirty-second of the organizations (by the last byte of the id, which is random), in half precision, which
-- halves their size, and built with more care than by default: of a question beside an organization's topics, the same walk
-- found 0.71 of the ten nearest among 40,000, not 0.45. private.nearest_chunks walks the graph of an organization that is too large
-- to be compared as a whole.
do $$
begin
    for bucket in 0..31 loop
        execute format(
            'create index document_chunks_embedding_%1$s on public.document_chunks '
            'using hnsw ((extensions.l2_normalize(embedding)::extensions.halfvec(384)) extensions.halfvec_ip_ops) '
            'with (ef_construction = 200) where (get_byte(uuid_send(organization_id), 15) & 31) = %1$s',
            bucket
        );
    end loop;
end;
$$;

-- Which models an organization has embeddings of.
create index document_chunks_model on public.document_chunks (organization_id, embedding_model) where embedding is not null;

alter table public.document_chunks enable row level security;
revoke all on public.document_chunks from public, anon, authenticated, service_role;
grant select, delete on public.document_chunks to authenticated;
grant insert (
    organization_id, id, document_id, chunk_index, content, embedding, embedding_model, token_count, metadata
) on public.document_chunks to authenticated;
-- The three that never change are among them for an upsert, which sets every column that it names.
grant update (
    organization_id, id, document_id, chunk_index, content, embedding, embedding_model, token_count, metadata
) on public.document_chunks to authenticated;
grant select, insert, update, delete on public.document_chunks to service_role;

create function private.reads_new_document(document_id uuid) returns boolean
language plpgsql volatile
security definer
set search_path = ''
as $$
begin
    return exists (
        select from public.documents d
        where d.id = reads_new_document.document_id
            and d.deleted_at is null
            and d.organization_id in (select private.organization_ids('viewer'))
            and d.audience in (select private.audiences())
    );
end;
$$;
comment on function private.reads_new_document(uuid) is
    'What the policy of documents says, asked anew: a document that a trigger of this statement made is not there for its policies yet.';
revoke all on function private.reads_new_document(uuid) from public, anon, authenticated, service_role;
grant execute on function private.reads_new_document(uuid) to authenticated, service_role;

create function private.manages_new_document(document_id uuid) returns boolean
language plpgsql volatile
security definer
set search_path = ''
as $$
begin
    return exists (
        select from public.documents d
        where d.id = manages_new_document.document_id
            and d.deleted_at is null
            and private.can_manage(d.organization_id, d.visibility, d.team_id, d.created_by)
    );
end;
$$;
comment on function private.manages_new_document(uuid) is
    'What the policies of chunks say of their document, asked anew; see private.reads_new_document.';
revoke all on function private.manages_new_document(uuid) from public, anon, authenticated, service_role;
grant execute on function private.manages_new_document(uuid) to authenticated, service_role;

-- Whoever reads the document reads its chunks, and whoever may change it changes them: the subqueries are held to the policy of
-- documents. The organization is named besides, for its index. Only a chunk of this very transaction can have a document as new.
create policy document_chunks_select on public.document_chunks
    for select to authenticated
    using (
        organization_id = any (array(select private.organization_ids('viewer')))
        and (
            exists (select from public.documents d where d.id = document_chunks.document_id)
            or (created_at = now() and private.reads_new_document(document_id))
        )
    );
create policy document_chunks_insert on public.document_chunks
    for insert to authenticated
    with check (
        exists (
            select from public.documents d
            where d.id = document_chunks.document_id
                and private.can_manage(d.organization_id, d.visibility, d.team_id, d.created_by)
        )
        or (created_at = now() and private.manages_new_document(document_id))
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

create function private.make_document_of_chunk() returns trigger
language plpgsql
set search_path = ''
as $$
declare
    is_uuid constant text := '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$';
    stored record;
    title text;
begin
    -- Two who store the same chunk must not make two documents of it. Waiting would not help: the statement that waited could
    -- not see what it has to update.
    if not pg_try_advisory_xact_lock(hashtextextended(new.id::text, 0)) then
        raise sqlstate 'PT409' using
            message = format('The chunk %s is being stored by another request', new.id), hint = 'Try again.';
    end if;
    -- Stored again, a chunk keeps its document.
    select c.organization_id, c.document_id into stored
    from public.document_chunks c
    where c.id = new.id and (new.organization_id is null or c.organization_id = new.organization_id);
    if found then
        new.organization_id := stored.organization_id;
        new.document_id := stored.document_id;
        return new;
    end if;

    title := left(btrim(regexp_replace(coalesce(
        nullif(new.metadata ->> 'title', ''), nullif(new.metadata ->> 'source', ''), nullif(new.metadata ->> 'file_name', ''),
        substring(new.content from '[^[:space:]][^\n\r]*'), ''
    ), '[[:space:]]+', ' ', 'g')), 200);
    new.document_id := gen_random_uuid();
    insert into public.documents (id, organization_id, collection_id, title, metadata)
    values (
        new.document_id,
        coalesce(
            new.organization_id,
            case when new.metadata ->> 'organization_id' ~ is_uuid then (new.metadata ->> 'organization_id')::uuid end
        ),
        case when new.metadata ->> 'collection_id' ~ is_uuid then (new.metadata ->> 'collection_id')::uuid end,
        coalesce(nullif(title, ''), 'Untitled'),
        '{"made_for_chunk": true}'
    );
    return new;
end;
$$;
comment on function private.make_document_of_chunk() is
    'Before insert on document_chunks, where no document is named: takes that of the chunk of the same id, else makes one with the rights '
    'of the caller. So a vector store that knows of nothing but content, embedding and metadata can write chunks.';
revoke all on function private.make_document_of_chunk() from public, anon, authenticated, service_role;

create function private.prepare_chunk() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
    document record;
begin
    if new.organization_id is not null and (new.embedding is null or new.embedding_model is not null) then
        return new;
    end if;
    select d.organization_id, c.embedding_model into document
    from public.documents d
    left join public.document_collections c on c.organization_id = d.organization_id and c.id = d.collection_id
    where d.id = new.document_id;
    new.organization_id := coalesce(new.organization_id, document.organization_id);
    if new.embedding is not null then
        new.embedding_model := coalesce(
            new.embedding_model, document.embedding_model, private.default_embedding_model()
        );
    end if;
    return new;
end;
$$;
comment on function private.prepare_chunk() is
    'Before insert, and before update of the embedding, on document_chunks: fills in the organization and the model of the embedding.';
revoke all on function private.prepare_chunk() from public, anon, authenticated, service_role;

-- Triggers of one event run in the order of their names: the document is made before the chunk is prepared.
create trigger document_chunks_make_document
    before insert on public.document_chunks
    for each row when (new.document_id is null)
    execute function private.make_document_of_chunk();
create trigger document_chunks_prepare
    before insert or update of embedding, embedding_model on public.document_chunks
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

create function private.delete_documents_of_chunks() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    update public.documents d set deleted_at = now()
    where (d.organization_id, d.id) in (select o.organization_id, o.document_id from old_chunks o)
        and d.metadata @> '{"made_for_chunk": true}'
        and d.deleted_at is null
        and not exists (
            select from public.document_chunks c where c.organization_id = d.organization_id and c.document_id = d.id
        );
    return null;
end;
$$;
comment on function private.delete_documents_of_chunks() is
    'After delete on document_chunks: a document that was made for a chunk goes with it.';
revoke all on function private.delete_documents_of_chunks() from public, anon, authenticated, service_role;

create trigger document_chunks_delete_documents
    after delete on public.document_chunks
    referencing old table as old_chunks
    for each statement execute function private.delete_documents_of_chunks();

-- Words ---------------------------------------------------------------------------------------------
-- What keyword search compares stands beside the chunks: a new title, or a move to a collection of another language, then
-- touches no graph of vectors, and a client that selects a chunk is not sent its index.

create table private.chunk_words (
    organization_id uuid not null,
    chunk_id uuid not null,
    document_id uuid not null,
    language text not null,
    search_vector tsvector not null,
    primary key (organization_id, chunk_id),
    foreign key (organization_id, chunk_id) references public.document_chunks (organization_id, id) on delete cascade
);
comment on table private.chunk_words is 'The words of each chunk and of its document''s title, in the language of its collection.';

create index chunk_words_document on private.chunk_words (organization_id, document_id);
-- In 32 parts, like the graphs of vectors.
do $$
begin
    for bucket in 0..31 loop
        execute format(
            'create index chunk_words_search_vector_%1$s on private.chunk_words '
            'using gin (search_vector) where (get_byte(uuid_send(organization_id), 15) & 31) = %1$s',
            bucket
        );
    end loop;
end;
$$;

-- Row level security without a policy: nobody reaches it but the functions below.
alter table private.chunk_words enable row level security;
revoke all on private.chunk_words from public, anon, authenticated, service_role;

create function private.identifier_parts(content text) returns text
language sql immutable parallel safe
set search_path = ''
as $$
    select string_agg(
        -- src/app/main.py gives main.py and, with user-1 and getUserById, the words within.
        regexp_replace(m.word [1], '[/\\:@#=?&]+', ' ', 'g') || ' '
        || regexp_replace(
            regexp_replace(
                regexp_replace(m.word [1], '([[:lower:][:digit:]])([[:upper:]])', '\1 \2', 'g'),
                '([[:upper:]])([[:upper:]][[:lower:]])', '\1 \2', 'g'
            ),
            '[^[:alnum:]]+', ' ', 'g'
        ),
        ' '
    )
    from regexp_matches(
        content,
        '\S*(?:[[:alnum:]][_.:/\\@#=]+[[:alnum:]]|[[:lower:]][[:upper:]]|-[[:digit:]]|[[:digit:]]-)\S*',
        'g'
    ) m (word);
$$;
comment on function private.identifier_parts(text) is
    'The parts of the identifiers, paths and numbers with signs in a text, so that each can be found: of ERR-1042 also 1042, of '
    'getUserById also user, of src/app/main.py also main.py. Null where there are none.';
revoke all on function private.identifier_parts(text) from public, anon, authenticated, service_role;

create function private.without_minus(content text) returns text
language sql immutable parallel safe
set search_path = ''
as $$
    select regexp_replace(content, '(?<=[[:alnum:]])-(?=[[:digit:]])', '_', 'g');
$$;
comment on function private.without_minus(text) is
    'The text with hyphens before digits, as in ERR-1042 and 2026-11-22, as underscores: Postgres would read a negative number there.';
revoke all on function private.without_minus(text) from public, anon, authenticated, service_role;

create function private.search_vector(language text, title text, content text) returns tsvector
language plpgsql stable parallel safe
set search_path = ''
as $$
declare
    configuration constant regconfig := language::regconfig;
    parts constant text := coalesce(private.identifier_parts(title || ' ' || content), '');
begin
    return setweight(to_tsvector(configuration, private.without_minus(title)), 'A')
        || setweight(to_tsvector(configuration, private.without_minus(content)), 'B')
        || setweight(to_tsvector(configuration, parts), 'D');
end;
$$;
comment on function private.search_vector(text, text, text) is
    'What keyword search compares: the words of the title above those of the content, above the parts of identifiers.';
revoke all on function private.search_vector(text, text, text) from public, anon, authenticated, service_role;

create function private.write_words(organization_id uuid, document_id uuid) returns void
language sql
set search_path = ''
as $$
    insert into private.chunk_words (organization_id, chunk_id, document_id, language, search_vector)
    select c.organization_id, c.id, c.document_id, l.language, private.search_vector(l.language, d.title, c.content)
    from public.documents d
    join public.document_chunks c on c.organization_id = d.organization_id and c.document_id = d.id
    left join public.document_collections k on k.organization_id = d.organization_id and k.id = d.collection_id
    cross join lateral (select coalesce(k.language::text, private.default_search_language()) as language) l
    where d.organization_id = write_words.organization_id and d.id = write_words.document_id
    on conflict (organization_id, chunk_id) do update
    set language = excluded.language, search_vector = excluded.search_vector;
$$;
comment on function private.write_words(uuid, uuid) is 'Writes the words of all chunks of a document anew.';
revoke all on function private.write_words(uuid, uuid) from public, anon, authenticated, service_role;

create function private.write_words_of_chunks() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    if tg_op = 'UPDATE' then
        if not exists (
            select from new_chunks n
            join old_chunks o on o.organization_id = n.organization_id and o.id = n.id
            where o.content <> n.content
        ) then
            return null;
        end if;
    end if;
    -- The locks make a change of the title or of the language wait for these chunks, or these chunks for it: no chunk keeps
    -- the words of a title that its document no longer has. The policies have let the chunks pass by now.
    perform from public.documents d
    where (d.organization_id, d.id) in (select n.organization_id, n.document_id from new_chunks n)
    order by d.id
    for share;
    perform from public.document_collections k
    where (k.organization_id, k.id) in (
        select d.organization_id, d.collection_id
        from public.documents d
        join (select distinct n.organization_id, n.document_id from new_chunks n) n
            on n.organization_id = d.organization_id and n.document_id = d.id
    )
    order by k.id
    for share;

    if tg_op = 'INSERT' then
        insert into private.chunk_words (organization_id, chunk_id, document_id, language, search_vector)
        select n.organization_id, n.id, n.document_id, l.language, private.search_vector(l.language, d.title, n.content)
        from new_chunks n
        join public.documents d on d.organization_id = n.organization_id and d.id = n.document_id
        left join public.document_collections k on k.organization_id = d.organization_id and k.id = d.collection_id
        cross join lateral (select coalesce(k.language::text, private.default_search_language()) as language) l;
    else
        update private.chunk_words w
        set language = l.language, search_vector = private.search_vector(l.language, d.title, n.content)
        from new_chunks n
        join old_chunks o on o.organization_id = n.organization_id and o.id = n.id and o.content <> n.content
        join public.documents d on d.organization_id = n.organization_id and d.id = n.document_id
        left join public.document_collections k on k.organization_id = d.organization_id and k.id = d.collection_id
        cross join lateral (select coalesce(k.language::text, private.default_search_language()) as language) l
        where w.organization_id = n.organization_id and w.chunk_id = n.id;
    end if;
    return null;
end;
$$;
comment on function private.write_words_of_chunks() is
    'After insert or update on document_chunks, once a statement: writes the words of the chunks that are new or have new content.';
revoke all on function private.write_words_of_chunks() from public, anon, authenticated, service_role;

create trigger document_chunks_insert_words
    after insert on public.document_chunks
    referencing new table as new_chunks
    for each statement execute function private.write_words_of_chunks();
create trigger document_chunks_update_words
    after update on public.document_chunks
    referencing old table as old_chunks new table as new_chunks
    for each statement execute function private.write_words_of_chunks();

create function private.write_words_of_document() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform private.write_words(new.organization_id, new.id);
    return null;
end;
$$;
comment on function private.write_words_of_document() is
    'After a document''s title or collection changed: writes the words of its chunks anew.';
revoke all on function private.write_words_of_document() from public, anon, authenticated, service_role;

create trigger documents_write_words
    after update of title, collection_id on public.documents
    for each row when (old.title <> new.title or old.collection_id is distinct from new.collection_id)
    execute function private.write_words_of_document();

create function private.write_words_of_collection() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform private.write_words(d.organization_id, d.id)
    from public.documents d
    where d.organization_id = new.organization_id and d.collection_id = new.id;
    return null;
end;
$$;
comment on function private.write_words_of_collection() is
    'After a collection''s language changed: writes the words of the chunks in it anew.';
revoke all on function private.write_words_of_collection() from public, anon, authenticated, service_role;

create trigger document_collections_write_words
    after update of language on public.document_collections
    for each row when (old.language <> new.language)
    execute function private.write_words_of_collection();

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
create trigger document_processing_status_keep_identity
    before update of organization_id, document_id on public.document_processing_status
    for each row when ((old.organization_id, old.document_id) is distinct from (new.organization_id, new.document_id))
    execute function private.refuse_change('organization_id', 'document_id');

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
