-- Changing the embedding model of a collection.
--
-- Vectors of two models cannot be compared, so they change together: while the new ones are made and stored aside, search goes on with the old
-- ones; once none is missing, all change in one transaction. The vectors are made by a handler, which asks for texts and stores what the
-- model makes of them, in as many steps and with as many workers as it likes.

create table private.reembeddings (
    organization_id uuid not null,
    collection_id uuid not null,
    embedding_model public.model_name not null,
    started_by uuid references public.user_profiles (user_id) on delete set null,
    started_at timestamptz not null default now(),
    primary key (organization_id, collection_id),
    foreign key (organization_id, collection_id)
        references public.document_collections (organization_id, id) on delete cascade
);
comment on table private.reembeddings is 'The collections whose embedding model is being changed, and to which.';

create index reembeddings_started_by on private.reembeddings (started_by);

alter table private.reembeddings enable row level security;
revoke all on private.reembeddings from public, anon, authenticated, service_role;

create table private.reembedding_vectors (
    organization_id uuid not null,
    collection_id uuid not null,
    chunk_id uuid not null,
    embedding extensions.vector(384) not null
        constraint embedding_has_a_direction check (extensions.vector_norm(embedding) between 1e-15 and 1e15),
    primary key (organization_id, collection_id, chunk_id),
    foreign key (organization_id, collection_id)
        references private.reembeddings (organization_id, collection_id) on delete cascade,
    foreign key (organization_id, chunk_id)
        references public.document_chunks (organization_id, id) on delete cascade
);
comment on table private.reembedding_vectors is 'The new vectors, until the last one is there.';

create index reembedding_vectors_chunk on private.reembedding_vectors (organization_id, chunk_id);

alter table private.reembedding_vectors enable row level security;
revoke all on private.reembedding_vectors from public, anon, authenticated, service_role;

create function private.drop_reembedding_of_chunks() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    delete from private.reembedding_vectors v
    using new_chunks n, old_chunks o
    where o.organization_id = n.organization_id
        and o.id = n.id
        and o.content <> n.content
        and v.organization_id = n.organization_id
        and v.chunk_id = n.id;
    return null;
end;
$$;
comment on function private.drop_reembedding_of_chunks() is
    'After update on document_chunks: a vector made of the old text is not wanted any more.';
revoke all on function private.drop_reembedding_of_chunks() from public, anon, authenticated, service_role;

-- By its name after the trigger that waits for whoever stores vectors of the collection.
create trigger document_chunks_update_words_then_reembedding
    after update on public.document_chunks
    referencing old table as old_chunks new table as new_chunks
    for each statement execute function private.drop_reembedding_of_chunks();

create function private.collection_to_reembed(collection_id uuid) returns public.document_collections
language plpgsql
security definer
set search_path = ''
as $$
declare
    collection public.document_collections;
begin
    select c.* into collection
    from public.document_collections c
    join public.organizations o on o.id = c.organization_id and o.deleted_at is null
    where c.id = collection_to_reembed.collection_id
        and c.deleted_at is null
        and (
            private.bypasses_row_security()
            or (
                c.organization_id in (select private.organization_ids('viewer'))
                and c.audience in (select private.audiences())
            )
        )
    -- One step at a time; storing chunks in the collection waits too, so none is missed by the switch.
    -- Documents may still be put into it: they refer to its key.
    for no key update of c;
    if not found then
        raise sqlstate 'PT404' using
            message = 'There is no such collection among those you see', hint = 'Check the id.';
    end if;
    if not (
        private.bypasses_row_security()
        or private.can_manage(collection.organization_id, collection.visibility, collection.team_id, collection.created_by)
    ) then
        raise sqlstate 'PT403' using
            message = 'Only its creator, a lead of its team or an admin changes the model of a collection',
            hint = 'Ask one of them.';
    end if;
    return collection;
end;
$$;
comment on function private.collection_to_reembed(uuid) is
    'The collection, locked, if the caller may change it. Raises PT404 or PT403.';
revoke all on function private.collection_to_reembed(uuid) from public, anon, authenticated, service_role;

create function private.reembedding_progress(collection public.document_collections) returns jsonb
language sql stable
security definer
set search_path = ''
as $$
    select jsonb_build_object(
        'collection_id', collection.id,
        'embedding_model', collection.embedding_model,
        'new_embedding_model', r.embedding_model,
        'started_at', r.started_at,
        'chunks_total', n.total,
        'chunks_completed', n.completed,
        'chunks_of_other_models', n.others
    )
    from (
        select
            count(*) as total,
            count(v.chunk_id) as completed,
            count(*) filter (where c.embedding_model <> collection.embedding_model and c.embedding is not null) as others
        from public.documents d
        join public.document_chunks c on c.organization_id = d.organization_id and c.document_id = d.id
        left join private.reembedding_vectors v
            on v.organization_id = c.organization_id and v.collection_id = collection.id and v.chunk_id = c.id
        where d.organization_id = collection.organization_id
            and d.collection_id = collection.id
            and d.deleted_at is null
    ) n
    left join private.reembeddings r
        on r.organization_id = collection.organization_id and r.collection_id = collection.id;
$$;
comment on function private.reembedding_progress(public.document_collections) is
    'What public.get_reembedding returns.';
revoke all on function private.reembedding_progress(public.document_collections) from public, anon, authenticated, service_role;

create function private.start_reembedding(collection_id uuid, embedding_model text) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    collection constant public.document_collections := private.collection_to_reembed(collection_id);
    under_way text;
begin
    -- Vectors of another model may have come in all the same: with a document that was moved here, or while the last change finished.
    if collection.embedding_model = start_reembedding.embedding_model
        and (private.reembedding_progress(collection) ->> 'chunks_of_other_models')::bigint = 0
    then
        raise sqlstate 'PT409' using
            message = format('The model of the collection is %s already', start_reembedding.embedding_model),
            hint = 'Name the model to change to.';
    end if;
    select r.embedding_model into under_way from private.reembeddings r
    where r.organization_id = collection.organization_id and r.collection_id = collection.id;
    if under_way <> start_reembedding.embedding_model then
        raise sqlstate 'PT409' using
            message = format('The collection is being changed to the model %s', under_way),
            hint = 'Let it finish, or give it up with cancel_reembedding.';
    end if;
    insert into private.reembeddings (organization_id, collection_id, embedding_model, started_by)
    values (collection.organization_id, collection.id, start_reembedding.embedding_model, auth.uid())
    on conflict do nothing;
    return private.reembedding_progress(collection);
end;
$$;
comment on function private.start_reembedding(uuid, text) is 'What public.start_reembedding does, with the rights to write it down.';
revoke all on function private.start_reembedding(uuid, text) from public, anon, authenticated, service_role;
grant execute on function private.start_reembedding(uuid, text) to authenticated, service_role;

create function public.start_reembedding(p_collection_id uuid, p_embedding_model text) returns jsonb
language sql
set search_path = ''
as $$
    select private.start_reembedding(p_collection_id, p_embedding_model);
$$;
comment on function public.start_reembedding(uuid, text) is
    'Begins to change the embedding model of a collection, for those who may change the collection: search goes on with the old vectors until '
    'finish_reembedding. The new model must have 384 dimensions too. Returns what get_reembedding does; called again, it changes nothing. Raises PT403, PT404, '
    'or PT409 if that is its model and that of all its vectors, or it is being changed to another.';
revoke all on function public.start_reembedding(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.start_reembedding(uuid, text) to authenticated, service_role;

create function private.get_reembedding(collection_id uuid) returns jsonb
language plpgsql stable
security definer
set search_path = ''
as $$
declare
    collection public.document_collections;
begin
    select c.* into collection
    from public.document_collections c
    where c.id = get_reembedding.collection_id
        and c.deleted_at is null
        and (
            private.bypasses_row_security()
            or (
                c.organization_id in (select private.organization_ids('viewer'))
                and c.audience in (select private.audiences())
            )
        );
    if not found then
        raise sqlstate 'PT404' using
            message = 'There is no such collection among those you see', hint = 'Check the id.';
    end if;
    return private.reembedding_progress(collection);
end;
$$;
comment on function private.get_reembedding(uuid) is 'What public.get_reembedding does, with the rights to count all chunks.';
revoke all on function private.get_reembedding(uuid) from public, anon, authenticated, service_role;
grant execute on function private.get_reembedding(uuid) to authenticated, service_role;

create function public.get_reembedding(p_collection_id uuid) returns jsonb
language sql stable
set search_path = ''
as $$
    select private.get_reembedding(p_collection_id);
$$;
comment on function public.get_reembedding(uuid) is
    'How far the change of a collection''s embedding model is, for whoever sees the collection. Returns {collection_id, embedding_model, new_embedding_model, '
    'started_at, chunks_total, chunks_completed, chunks_of_other_models}; new_embedding_model and started_at are null where none is under way. '
    'chunks_of_other_models counts vectors that are of another model than the collection''s. Raises PT404.';
revoke all on function public.get_reembedding(uuid) from public, anon, authenticated, service_role;
grant execute on function public.get_reembedding(uuid) to authenticated, service_role;

create function private.next_reembedding_batch(collection_id uuid, batch_size integer)
returns table (chunk_id uuid, content text)
language sql stable
security definer
set search_path = ''
as $$
    select c.id, c.content
    from private.reembeddings r
    join public.documents d
        on d.organization_id = r.organization_id and d.collection_id = r.collection_id and d.deleted_at is null
    join public.document_chunks c on c.organization_id = d.organization_id and c.document_id = d.id
    where r.collection_id = next_reembedding_batch.collection_id
        and not exists (
            select from private.reembedding_vectors v
            where v.organization_id = c.organization_id and v.collection_id = r.collection_id and v.chunk_id = c.id
        )
    order by c.document_id, c.chunk_index
    limit greatest(1, least(batch_size, 1000));
$$;
comment on function private.next_reembedding_batch(uuid, integer) is
    'What public.next_reembedding_batch does, with the rights to read what is stored.';
revoke all on function private.next_reembedding_batch(uuid, integer) from public, anon, authenticated, service_role;
grant execute on function private.next_reembedding_batch(uuid, integer) to service_role;

create function public.next_reembedding_batch(p_collection_id uuid, p_batch_size integer default 100)
returns table (chunk_id uuid, content text)
language sql stable
set search_path = ''
as $$
    select b.chunk_id, b.content from private.next_reembedding_batch(p_collection_id, p_batch_size) b;
$$;
comment on function public.next_reembedding_batch(uuid, integer) is
    'For the service role. Texts of a collection whose model is being changed that have no new vector yet, 1 to 1000 of them; none when all '
    'have one, or when no change is under way.';
revoke all on function public.next_reembedding_batch(uuid, integer) from public, anon, authenticated, service_role;
grant execute on function public.next_reembedding_batch(uuid, integer) to service_role;

create function private.store_reembeddings(collection_id uuid, embeddings jsonb) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    collection constant public.document_collections := private.collection_to_reembed(collection_id);
begin
    if not exists (
        select from private.reembeddings r
        where r.organization_id = collection.organization_id and r.collection_id = collection.id
    ) then
        raise sqlstate 'PT409' using
            message = 'The model of the collection is not being changed', hint = 'Begin with start_reembedding.';
    end if;
    insert into private.reembedding_vectors (organization_id, collection_id, chunk_id, embedding)
    select distinct on (c.id) c.organization_id, collection.id, c.id, (e.value ->> 'embedding')::extensions.vector
    from jsonb_array_elements(embeddings) e (value)
    join public.document_chunks c
        on c.organization_id = collection.organization_id and c.id = (e.value ->> 'chunk_id')::uuid
    join public.documents d on d.id = c.document_id and d.collection_id = collection.id
    -- The text may have changed since it was asked for: then its vector is not of it.
    where e.value ->> 'content' is null or e.value ->> 'content' = c.content
    on conflict on constraint reembedding_vectors_pkey do update set embedding = excluded.embedding;
    return private.reembedding_progress(collection);
end;
$$;
comment on function private.store_reembeddings(uuid, jsonb) is 'What public.store_reembeddings does, with the rights to store them.';
revoke all on function private.store_reembeddings(uuid, jsonb) from public, anon, authenticated, service_role;
grant execute on function private.store_reembeddings(uuid, jsonb) to service_role;

create function public.store_reembeddings(p_collection_id uuid, p_embeddings jsonb) returns jsonb
language sql
set search_path = ''
as $$
    select private.store_reembeddings(p_collection_id, p_embeddings);
$$;
comment on function public.store_reembeddings(uuid, jsonb) is
    'For the service role. Stores new vectors aside: an array of {chunk_id, embedding, content}, where content, if it is given, is the text that the vector '
    'was made of: one whose chunk says something else by now is left out. Returns what get_reembedding does. Raises PT404, PT409 if no change is '
    'under way, or 22000 for a wrong number of dimensions.';
revoke all on function public.store_reembeddings(uuid, jsonb) from public, anon, authenticated, service_role;
grant execute on function public.store_reembeddings(uuid, jsonb) to service_role;

create function private.finish_reembedding(collection_id uuid) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    collection public.document_collections := private.collection_to_reembed(collection_id);
    change private.reembeddings;
    missing bigint;
begin
    select r.* into change from private.reembeddings r
    where r.organization_id = collection.organization_id and r.collection_id = collection.id;
    if not found then
        raise sqlstate 'PT409' using
            message = 'The model of the collection is not being changed', hint = 'Begin with start_reembedding.';
    end if;
    select count(*) into missing
    from public.documents d
    join public.document_chunks c on c.organization_id = d.organization_id and c.document_id = d.id
    where d.organization_id = collection.organization_id
        and d.collection_id = collection.id
        and d.deleted_at is null
        and not exists (
            select from private.reembedding_vectors v
            where v.organization_id = c.organization_id and v.collection_id = collection.id and v.chunk_id = c.id
        );
    if missing > 0 then
        raise sqlstate 'PT409' using
            message = format('%s chunks have no vector of the model %s yet', missing, change.embedding_model),
            hint = 'Go on with next_reembedding_batch and store_reembeddings until none is missing.';
    end if;

    update public.document_chunks c
    set embedding = v.embedding, embedding_model = change.embedding_model
    from private.reembedding_vectors v
    join public.document_chunks o on o.organization_id = v.organization_id and o.id = v.chunk_id
    join public.documents d on d.id = o.document_id and d.collection_id = collection.id
    where v.organization_id = collection.organization_id
        and v.collection_id = collection.id
        and c.organization_id = v.organization_id
        and c.id = v.chunk_id;
    update public.document_collections c set embedding_model = change.embedding_model
    where c.organization_id = collection.organization_id and c.id = collection.id
    returning c.* into collection;
    delete from private.reembeddings r
    where r.organization_id = collection.organization_id and r.collection_id = collection.id;
    return private.reembedding_progress(collection);
end;
$$;
comment on function private.finish_reembedding(uuid) is 'What public.finish_reembedding does, with the rights to change the vectors.';
revoke all on function private.finish_reembedding(uuid) from public, anon, authenticated, service_role;
grant execute on function private.finish_reembedding(uuid) to authenticated, service_role;

create function public.finish_reembedding(p_collection_id uuid) returns jsonb
language sql
set search_path = ''
-- About a millisecond a chunk; the Data API takes the time from here.
set statement_timeout = '30min'
as $$
    select private.finish_reembedding(p_collection_id);
$$;
comment on function public.finish_reembedding(uuid) is
    'Changes the vectors and the model of a collection over to the new ones at once, for those who may change the collection. Returns what get_reembedding '
    'does. Raises PT403, PT404, or PT409 if no change is under way or a vector is still missing.';
revoke all on function public.finish_reembedding(uuid) from public, anon, authenticated, service_role;
grant execute on function public.finish_reembedding(uuid) to authenticated, service_role;

create function private.cancel_reembedding(collection_id uuid) returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
    collection constant public.document_collections := private.collection_to_reembed(collection_id);
begin
    delete from private.reembeddings r
    where r.organization_id = collection.organization_id and r.collection_id = collection.id;
end;
$$;
comment on function private.cancel_reembedding(uuid) is 'What public.cancel_reembedding does, with the rights to delete what was stored.';
revoke all on function private.cancel_reembedding(uuid) from public, anon, authenticated, service_role;
grant execute on function private.cancel_reembedding(uuid) to authenticated, service_role;

create function public.cancel_reembedding(p_collection_id uuid) returns void
language sql
set search_path = ''
as $$
    select private.cancel_reembedding(p_collection_id);
$$;
comment on function public.cancel_reembedding(uuid) is
    'Gives up the change of a collection''s embedding model, for those who may change the collection: the vectors stored for it are dropped. Returns '
    'nothing. Raises PT403 or PT404.';
revoke all on function public.cancel_reembedding(uuid) from public, anon, authenticated, service_role;
grant execute on function public.cancel_reembedding(uuid) to authenticated, service_role;
