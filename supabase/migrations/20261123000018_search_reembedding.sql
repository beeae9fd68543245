-- Changing the embedding model of a collection.
--
-- Vectors of two models cannot be compared, so they change together: while the new ones are made and stored aside, search goes on with the old
-- ones; once none is missing, all change in one transaction. The worker of ingestion makes those of its model, a batch at a time: it claims
-- a collection, asks for texts, stores what the model makes of them, and finishes when none is left. Another service may do the same.

create table private.reembeddings (
    organization_id uuid not null,
    collection_id uuid not null,
    embedding_model public.model_name not null,
    started_by uuid references public.user_profiles (user_id) on delete set null,
    started_at timestamptz not null default now(),
    run_after timestamptz not null default now(),
    lease uuid,
    next_document_id uuid,
    attempts integer not null default 0,
    error_code text,
    error_message text,
    primary key (organization_id, collection_id),
    foreign key (organization_id, collection_id)
        references public.document_collections (organization_id, id) on delete cascade
);
comment on table private.reembeddings is 'The collections whose embedding model is being changed, and to which.';
comment on column private.reembeddings.run_after is 'When the next batch is due; of one that is claimed, when its lease runs out.';
comment on column private.reembeddings.next_document_id is
    'Where to look for the next batch first, so as not to go through all that is done. Others may be before it.';
comment on column private.reembeddings.attempts is 'The batches in a row that failed, the last with this error.';

create index reembeddings_started_by on private.reembeddings (started_by);

alter table private.reembeddings enable row level security;
revoke all on private.reembeddings from public, anon, authenticated, service_role;

create table private.reembedding_vectors (
    organization_id uuid not null,
    collection_id uuid not null,
    chunk_id uuid not null,
    chunk_key text,
    embedding extensions.vector(384) not null
        constraint embedding_has_a_direction check (extensions.vector_norm(embedding) between 1e-15 and 1e15),
    primary key (organization_id, collection_id, chunk_id),
    foreign key (organization_id, collection_id)
        references private.reembeddings (organization_id, collection_id) on delete cascade,
    foreign key (organization_id, chunk_id)
        references public.document_chunks (organization_id, id) on delete cascade
);
comment on table private.reembedding_vectors is 'The new vectors, until the last one is there.';
comment on column private.reembedding_vectors.chunk_key is 'What ingestion will know the vector by: metadata.key of the chunk.';

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

-- Whoever stores a vector holds its chunk, so that an update of that waits, and this finds the vector.
create trigger document_chunks_drop_reembedding
    after update on public.document_chunks
    referencing old table as old_chunks new table as new_chunks
    for each statement execute function private.drop_reembedding_of_chunks();

create function private.drop_reembedding_of_collection() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    delete from private.reembeddings r where r.organization_id = new.organization_id and r.collection_id = new.id;
    return null;
end;
$$;
comment on function private.drop_reembedding_of_collection() is
    'After a collection was deleted: its model need not be changed any more, and what was stored for that is dropped.';
revoke all on function private.drop_reembedding_of_collection() from public, anon, authenticated, service_role;

create trigger document_collections_drop_reembedding
    after update of deleted_at on public.document_collections
    for each row when (new.deleted_at is not null)
    execute function private.drop_reembedding_of_collection();

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
        'chunks_of_other_models', n.others,
        'failed_attempts', r.attempts,
        'error_code', r.error_code,
        'error_message', r.error_message,
        'next_attempt_at', r.run_after
    )
    from (select) one
    left join private.reembeddings r
        on r.organization_id = collection.organization_id and r.collection_id = collection.id
    cross join lateral (
        select
            count(*) as total,
            count(*) filter (
                where v.chunk_id is not null or (c.embedding_model = r.embedding_model and c.embedding is not null)
            ) as completed,
            count(*) filter (where c.embedding_model <> collection.embedding_model and c.embedding is not null) as others
        from public.documents d
        join public.document_chunks c on c.organization_id = d.organization_id and c.document_id = d.id
        left join private.reembedding_vectors v
            on v.organization_id = c.organization_id and v.collection_id = collection.id and v.chunk_id = c.id
        where d.organization_id = collection.organization_id
            and d.collection_id = collection.id
            and d.deleted_at is null
    ) n;
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
    'finish_reembedding. The new model must have 384 dimensions too. Where it is that of the worker of ingestion (EMBEDDINGS_MODEL), the worker does all the '
    'rest, paid for by the organization. Returns what get_reembedding does; called again, it changes nothing. Raises PT403, PT404, '
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
    'started_at, chunks_total, chunks_completed, chunks_of_other_models, failed_attempts, error_code, error_message, next_attempt_at}. '
    'chunks_completed counts those that need no new vector any more, chunks_of_other_models vectors that are of another model than the collection''s. '
    'failed_attempts is how often in a row the worker has failed, for the reason given (such as budget_spent or embeddings_unavailable), and next_attempt_at when '
    'the next batch is due; long past, no worker has this model. All but the counts and the model are null where no change is under way. Raises PT404.';
revoke all on function public.get_reembedding(uuid) from public, anon, authenticated, service_role;
grant execute on function public.get_reembedding(uuid) to authenticated, service_role;

create function private.claim_reembedding(model text, lease_seconds integer) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    job private.reembeddings;
begin
    select r.* into job
    from private.reembeddings r
    join public.organizations o on o.id = r.organization_id and o.deleted_at is null
    -- By lot, so that nobody waits for all collections of another organization.
    join (
        select t.organization_id, random() as lot
        from (select distinct d.organization_id from private.reembeddings d where d.embedding_model = model and d.run_after <= now()) t
    ) turn on turn.organization_id = r.organization_id
    where r.embedding_model = model and r.run_after <= now()
    order by turn.lot, r.run_after
    limit 1
    for update of r skip locked;
    if not found then
        return null;
    end if;
    update private.reembeddings r
    set lease = gen_random_uuid(), run_after = now() + make_interval(secs => lease_seconds)
    where r.organization_id = job.organization_id and r.collection_id = job.collection_id
    returning r.* into job;
    return jsonb_build_object(
        'organization_id', job.organization_id, 'collection_id', job.collection_id, 'embedding_model', job.embedding_model,
        'started_by', job.started_by, 'lease', job.lease
    );
end;
$$;
comment on function private.claim_reembedding(text, integer) is 'What public.claim_reembedding does, with the rights to do it.';
revoke all on function private.claim_reembedding(text, integer) from public, anon, authenticated, service_role;
grant execute on function private.claim_reembedding(text, integer) to service_role;

create function public.claim_reembedding(p_embedding_model text, p_lease_seconds integer default 120) returns jsonb
language sql
set search_path = ''
as $$
    select private.claim_reembedding(p_embedding_model, p_lease_seconds);
$$;
comment on function public.claim_reembedding(text, integer) is
    'For the service role: takes a collection that is being changed to the model and is due, for one batch: until store_reembeddings or fail_reembedding is '
    'called with its lease, or the lease runs out, no other caller gets it. Returns {organization_id, collection_id, embedding_model, started_by, lease}, or '
    'null where there is none. Organizations are drawn by lot.';
revoke all on function public.claim_reembedding(text, integer) from public, anon, authenticated, service_role;
grant execute on function public.claim_reembedding(text, integer) to service_role;

create function private.next_reembedding_batch(collection_id uuid, batch_size integer)
returns table (chunk_id uuid, content text, title text, headings text [])
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    least_id constant uuid := uuid '00000000-0000-0000-0000-000000000000';
    change private.reembeddings;
    begins_at uuid;
    chunk_ids uuid [];
begin
    select r.* into change from private.reembeddings r where r.collection_id = collection_id;
    begins_at := coalesce(change.next_document_id, least_id);
    loop
        chunk_ids := array(
            select c.id
            from (
                select d.id
                from public.documents d
                where d.organization_id = change.organization_id
                    and d.collection_id = collection_id
                    and d.id >= begins_at
                    and d.deleted_at is null
                order by d.id
            ) d
            -- `offset 0` keeps to one way: from each document to its chunks, until there are enough.
            cross join lateral (
                select c.id
                from public.document_chunks c
                where c.organization_id = change.organization_id
                    and c.document_id = d.id
                    -- What is of the new model already came in meanwhile, and needs nothing.
                    and (c.embedding is null or c.embedding_model <> change.embedding_model)
                    and not exists (
                        select from private.reembedding_vectors v
                        where v.organization_id = change.organization_id and v.collection_id = collection_id and v.chunk_id = c.id
                    )
                order by c.chunk_index
                offset 0
                -- What is being changed or deleted just now is not worth a vector.
                for share of c skip locked
            ) c
            limit greatest(1, least(batch_size, 1000))
        );
        exit when cardinality(chunk_ids) > 0 or begins_at = least_id;
        begins_at := least_id;
    end loop;
    update private.reembeddings r
    set next_document_id = (
        select c.document_id from public.document_chunks c where c.organization_id = change.organization_id and c.id = chunk_ids[1]
    )
    where r.organization_id = change.organization_id and r.collection_id = collection_id and cardinality(chunk_ids) > 0;
    return query
    select
        c.id, c.content, d.title,
        case when c.metadata ? 'key' and jsonb_typeof(c.metadata -> 'headings') = 'array' then array(
            select h.value from jsonb_array_elements_text(c.metadata -> 'headings') with ordinality h (value, place) order by h.place
        ) end
    from public.document_chunks c
    join public.documents d on d.organization_id = c.organization_id and d.id = c.document_id
    where c.organization_id = change.organization_id and c.id = any (chunk_ids)
    order by c.document_id, c.chunk_index;
end;
$$;
comment on function private.next_reembedding_batch(uuid, integer) is
    'What public.next_reembedding_batch does, with the rights to read what is stored.';
revoke all on function private.next_reembedding_batch(uuid, integer) from public, anon, authenticated, service_role;
grant execute on function private.next_reembedding_batch(uuid, integer) to service_role;

create function public.next_reembedding_batch(p_collection_id uuid, p_batch_size integer default 100)
returns table (chunk_id uuid, content text, title text, headings text [])
language sql
set search_path = ''
-- The last ones of a million are looked for among all; the Data API takes the time from here.
set statement_timeout = '30min'
as $$
    select b.chunk_id, b.content, b.title, b.headings from private.next_reembedding_batch(p_collection_id, p_batch_size) b;
$$;
comment on function public.next_reembedding_batch(uuid, integer) is
    'For the service role. Texts of a collection whose model is being changed that have no new vector yet, 1 to 1000 of them; none when all '
    'have one, or when no change is under way. headings, those above the passage, are null where ingestion has not made it: of such a one the content alone is '
    'embedded, else the title and the headings before it.';
revoke all on function public.next_reembedding_batch(uuid, integer) from public, anon, authenticated, service_role;
grant execute on function public.next_reembedding_batch(uuid, integer) to service_role;

create function private.store_reembeddings(collection_id uuid, embeddings jsonb, embedding_model text, lease uuid) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    collection public.document_collections;
    change private.reembeddings;
begin
    -- Not the lock of the collection, for which storing documents would wait, and this for them: that of the change holds off its finish.
    select r.* into change
    from private.reembeddings r
    where r.collection_id = collection_id
    for no key update;
    select c.* into collection
    from public.document_collections c
    join public.organizations o on o.id = c.organization_id and o.deleted_at is null
    where c.id = collection_id and c.deleted_at is null;
    if collection.id is null then
        raise sqlstate 'PT404' using
            message = 'There is no such collection among those you see', hint = 'Check the id.';
    end if;
    if change.collection_id is null then
        raise sqlstate 'PT409' using
            message = 'The model of the collection is not being changed', hint = 'Begin with start_reembedding.';
    end if;
    if change.embedding_model <> embedding_model then
        raise sqlstate 'PT409' using
            message = format('The collection is being changed to the model %s', change.embedding_model),
            hint = format('Vectors of %s are not wanted any more.', embedding_model);
    end if;
    with sent as (
        select
            (e.value ->> 'chunk_id')::uuid as chunk_id, (e.value ->> 'embedding')::extensions.vector as embedding,
            e.value ->> 'content' as content, e.value ->> 'key' as key
        from jsonb_array_elements(embeddings) e (value)
    ),
    present as (
        select c.id, c.content
        from public.document_chunks c
        join public.documents d on d.organization_id = c.organization_id and d.id = c.document_id
        where c.organization_id = collection.organization_id
            and c.id in (select s.chunk_id from sent s)
            and d.collection_id = collection.id
        -- What is being changed or deleted just now is left out, not waited for.
        for share of c skip locked
    )
    insert into private.reembedding_vectors (organization_id, collection_id, chunk_id, chunk_key, embedding)
    select distinct on (p.id) collection.organization_id, collection.id, p.id, s.key, s.embedding
    from sent s
    join present p on p.id = s.chunk_id
    -- The text may have changed since it was asked for: then its vector is not of it.
    where s.content is null or s.content = p.content
    on conflict on constraint reembedding_vectors_pkey do update
    set embedding = excluded.embedding, chunk_key = excluded.chunk_key;
    update private.reembeddings r
    set lease = null, run_after = now(), attempts = 0, error_code = null, error_message = null
    where r.organization_id = collection.organization_id and r.collection_id = collection.id and r.lease = lease;
    -- To count takes longer than all the rest.
    return case when lease is null then private.reembedding_progress(collection) end;
end;
$$;
comment on function private.store_reembeddings(uuid, jsonb, text, uuid) is
    'What public.store_reembeddings does, with the rights to store them.';
revoke all on function private.store_reembeddings(uuid, jsonb, text, uuid) from public, anon, authenticated, service_role;
grant execute on function private.store_reembeddings(uuid, jsonb, text, uuid) to service_role;

create function public.store_reembeddings(
    p_collection_id uuid, p_embeddings jsonb, p_embedding_model text default null, p_lease uuid default null
) returns jsonb
language sql
set search_path = ''
as $$
    select private.store_reembeddings(p_collection_id, p_embeddings, p_embedding_model, p_lease);
$$;
comment on function public.store_reembeddings(uuid, jsonb, text, uuid) is
    'For the service role. Stores new vectors aside: an array of {chunk_id, embedding, content, key}, where content, if it is given, is the text that the vector '
    'was made of: one whose chunk says something else by now is left out. key is the SHA-256 of all that was embedded, for what ingestion has made. '
    'p_embedding_model is the model that made them, if it is given, and p_lease ends a claim. Returns what get_reembedding does, with p_lease null. Raises PT404, PT409 if no change is '
    'under way or to another model, or 22000 for a wrong number of dimensions.';
revoke all on function public.store_reembeddings(uuid, jsonb, text, uuid) from public, anon, authenticated, service_role;
grant execute on function public.store_reembeddings(uuid, jsonb, text, uuid) to service_role;

create function private.fail_reembedding(collection_id uuid, lease uuid, code text, message text) returns timestamptz
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    due timestamptz;
begin
    update private.reembeddings r
    set lease = null, attempts = r.attempts + 1, error_code = left(code, 200), error_message = left(message, 4000),
        -- 10 s, 20 s, 40 s, … 1 h, each up to half as long again. Nobody gives it up but whoever may: a budget may last for months.
        run_after = now() + make_interval(secs => least(10 * 2 ^ least(r.attempts, 20), 3600) * (1 + random() / 2))
    where r.collection_id = collection_id and r.lease = lease
    returning r.run_after into due;
    if not found then
        raise sqlstate 'PT409' using
            message = 'The lease on the collection is lost',
            hint = 'Its change was finished or given up, or claimed by another worker: claim another one.';
    end if;
    return due;
end;
$$;
comment on function private.fail_reembedding(uuid, uuid, text, text) is 'What public.fail_reembedding does, with the rights to do it.';
revoke all on function private.fail_reembedding(uuid, uuid, text, text) from public, anon, authenticated, service_role;
grant execute on function private.fail_reembedding(uuid, uuid, text, text) to service_role;

create function public.fail_reembedding(p_collection_id uuid, p_lease uuid, p_code text, p_message text) returns timestamptz
language sql
set search_path = ''
as $$
    select private.fail_reembedding(p_collection_id, p_lease, p_code, p_message);
$$;
comment on function public.fail_reembedding(uuid, uuid, text, text) is
    'For the service role: gives a collection back whose batch failed, for the reason that get_reembedding tells. Returns when it is tried again: after 10 seconds, '
    'twice as long each time it fails in a row, an hour at most (and a random half more). Raises PT409 when the lease is lost.';
revoke all on function public.fail_reembedding(uuid, uuid, text, text) from public, anon, authenticated, service_role;
grant execute on function public.fail_reembedding(uuid, uuid, text, text) to service_role;

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
    where r.organization_id = collection.organization_id and r.collection_id = collection.id
    -- Storing vectors waits, and nobody claims it.
    for update;
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
        and (c.embedding is null or c.embedding_model <> change.embedding_model)
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
    set embedding = v.embedding, embedding_model = change.embedding_model,
        metadata = case
            when v.chunk_key is null then c.metadata
            else c.metadata || jsonb_build_object('key', v.chunk_key)
        end
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
    'Gives up the change of a collection''s embedding model, for those who may change the collection: the vectors stored for it are dropped. Documents that were '
    'ingested meanwhile with the new model keep their vectors (chunks_of_other_models of get_reembedding). Returns nothing. Raises PT403 or PT404.';
revoke all on function public.cancel_reembedding(uuid) from public, anon, authenticated, service_role;
grant execute on function public.cancel_reembedding(uuid) to authenticated, service_role;
