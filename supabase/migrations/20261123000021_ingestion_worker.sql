-- What the worker of the ingestion queue calls, as the service role.

create function private.max_ingestion_attempts() returns integer
language sql immutable
set search_path = ''
as $$
    select 5;
$$;
comment on function private.max_ingestion_attempts() is 'How often a document is tried before it is left as failed.';
revoke all on function private.max_ingestion_attempts() from public, anon, authenticated, service_role;

create function private.claim_ingestion(lease_seconds integer, document_id uuid, long_first boolean) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    job private.ingestions;
    document public.documents;
    long boolean;
begin
    loop
        job := null;
        if document_id is not null then
            select i.* into job from private.ingestions i
            where i.document_id = document_id
                and (i.state = 'pending' or (i.state = 'processing' and i.leased_until < now()))
            for update skip locked;
        else
            -- What somebody was killed over first: it has had its turn.
            select i.* into job from private.ingestions i
            where i.state = 'processing' and i.leased_until < now()
            order by i.leased_until
            limit 1
            for update skip locked;
            foreach long in array array[long_first, not long_first] loop
                exit when job.document_id is not null;
                select i.* into job from private.ingestions i
                where i.is_long = long and i.state = 'pending' and i.run_after <= now()
                order by i.turn, i.run_after
                limit 1
                for update skip locked;
            end loop;
        end if;
        if job.document_id is null then
            return null;
        end if;
        select d.* into document from public.documents d
        where d.organization_id = job.organization_id and d.id = job.document_id and d.deleted_at is null;
        if document.id is null then
            delete from private.ingestions i where i.organization_id = job.organization_id and i.document_id = job.document_id;
            continue;
        end if;
        exit when job.attempts < private.max_ingestion_attempts();
        -- Each worker that took it was killed over it.
        update private.ingestions i set state = 'failed', lease = null, leased_until = null
        where i.organization_id = job.organization_id and i.document_id = job.document_id;
        delete from private.ingestion_texts t
        where t.organization_id = job.organization_id and t.document_id = job.document_id;
        update public.document_processing_status s
        set status = 'failed', stage = 'worker_died', error_message = 'The processing was interrupted too often.', completed_at = now()
        where s.organization_id = job.organization_id and s.document_id = job.document_id;
    end loop;

    update private.ingestions i
    set state = 'processing', lease = gen_random_uuid(), leased_until = now() + make_interval(secs => lease_seconds),
        attempts = i.attempts + 1
    where i.organization_id = job.organization_id and i.document_id = job.document_id
    returning i.* into job;
    update public.document_processing_status s
    -- To its readers, one that was given back while others waited has been under way all along.
    set status = 'processing', stage = case when job.is_long and s.status = 'processing' then s.stage else 'reading' end, attempts = job.attempts, error_message = null,
        started_at = coalesce(s.started_at, now()), completed_at = null
    where s.organization_id = job.organization_id and s.document_id = job.document_id;
    return jsonb_build_object(
        'organization_id', job.organization_id, 'document_id', job.document_id, 'lease', job.lease, 'attempts', job.attempts,
        'title', document.title, 'takes_title', coalesce(document.title = job.found_title, false),
        'mime_type', document.mime_type, 'created_by', document.created_by,
        'storage_path', document.storage_path, 'source_url', document.source_url,
        'content', case when document.storage_path is null and document.source_url is null then document.content end,
        'is_long', job.is_long,
        'source', (
            select jsonb_build_object('text', t.text, 'title', t.title) from private.ingestion_texts t
            where t.organization_id = job.organization_id and t.document_id = job.document_id
        )
    );
end;
$$;
comment on function private.claim_ingestion(integer, uuid, boolean) is 'What public.claim_ingestion does, with the rights to do it.';
revoke all on function private.claim_ingestion(integer, uuid, boolean) from public, anon, authenticated, service_role;
grant execute on function private.claim_ingestion(integer, uuid, boolean) to service_role;

create function public.claim_ingestion(
    p_lease_seconds integer default 120, p_document_id uuid default null, p_long_first boolean default false
) returns jsonb
language sql
set search_path = ''
as $$
    select private.claim_ingestion(p_lease_seconds, p_document_id, p_long_first);
$$;
comment on function public.claim_ingestion(integer, uuid, boolean) is
    'For the service role: takes the next document that is to be processed (or the named one), also one whose worker has not been heard of, and '
    'returns {organization_id, document_id, lease, attempts, title, takes_title, mime_type, created_by, storage_path, source_url, content, is_long, source}, '
    'or null where there is none. What has a long text or a large file, or was given back by yield_ingestion (is_long), comes after the others, with p_long_first before them. Organizations take turns '
    'among either. No two callers get the same one. takes_title: nobody gave the title, so finish_ingestion may. source: the {text, title} that were kept by yield_ingestion.';
revoke all on function public.claim_ingestion(integer, uuid, boolean) from public, anon, authenticated, service_role;
grant execute on function public.claim_ingestion(integer, uuid, boolean) to service_role;

create function private.hold_ingestion(document_id uuid, lease uuid) returns private.ingestions
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    job private.ingestions;
begin
    select i.* into job
    from private.ingestions i
    join public.documents d on d.organization_id = i.organization_id and d.id = i.document_id and d.deleted_at is null
    where i.document_id = document_id and i.lease = lease
    for update of i;
    if not found then
        raise sqlstate 'PT409' using
            message = 'The lease on the document is lost',
            hint = 'It was deleted, given new content, or claimed by another worker: claim another one.';
    end if;
    return job;
end;
$$;
comment on function private.hold_ingestion(uuid, uuid) is 'The job of the lease, locked. Raises PT409 when the lease is lost.';
revoke all on function private.hold_ingestion(uuid, uuid) from public, anon, authenticated, service_role;

create function private.check_collection_model(organization_id uuid, document_id uuid, model text) returns void
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    collection public.document_collections;
begin
    select c.* into collection
    from public.documents d
    join public.document_collections c on c.organization_id = d.organization_id and c.id = d.collection_id
    where d.organization_id = organization_id and d.id = document_id;
    if collection.embedding_model <> model and not exists (
        select from private.reembeddings r
        where r.organization_id = organization_id and r.collection_id = collection.id and r.embedding_model = model
    ) then
        raise sqlstate 'PT422' using
            message = format('The collection''s embeddings are of %s, and this document''s would be of %s', collection.embedding_model, model),
            hint = format('Change the collection to %s with start_reembedding, then send the document again.', model);
    end if;
end;
$$;
comment on function private.check_collection_model(uuid, uuid, text) is
    'Raises PT422 unless vectors of the model may be stored for the document: they are of its collection''s model, or of that it is being changed to. A search '
    'compares those of one model, so of a collection with two it would miss some, and nobody would know.';
revoke all on function private.check_collection_model(uuid, uuid, text) from public, anon, authenticated, service_role;

create function private.adopt_model(document_id uuid, model text) returns void
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    collection public.document_collections;
begin
    if model = private.default_embedding_model() then
        return;
    end if;
    select c.* into collection
    from public.documents d
    join public.document_collections c on c.organization_id = d.organization_id and c.id = d.collection_id
    where d.id = document_id and c.embedding_model = private.default_embedding_model()
    -- No vector comes in unseen.
    for no key update of c;
    update public.document_collections c set embedding_model = model
    where c.organization_id = collection.organization_id
        and c.id = collection.id
        and not exists (
            select
            from public.documents d
            join public.document_chunks k on k.organization_id = d.organization_id and k.document_id = d.id
            where d.organization_id = collection.organization_id
                and d.collection_id = collection.id
                and d.deleted_at is null
                and k.embedding is not null
        )
        and not exists (
            select from private.reembeddings r
            where r.organization_id = collection.organization_id and r.collection_id = collection.id
        );
end;
$$;
comment on function private.adopt_model(uuid, text) is
    'Gives the document''s collection the model, where nobody named another than the default for it, and it has no vectors yet.';
revoke all on function private.adopt_model(uuid, text) from public, anon, authenticated, service_role;

create function private.plan_ingestion(document_id uuid, lease uuid, model text, chunks jsonb) returns text []
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    job private.ingestions;
    lacking text [];
begin
    -- Before anything is paid for; and the collection before what is queued of its document, as finish_ingestion takes them.
    perform private.adopt_model(document_id, model);
    job := private.hold_ingestion(document_id, lease);
    perform private.check_collection_model(job.organization_id, document_id, model);
    select coalesce(array_agg(distinct n.key), '{}') into lacking
    from jsonb_to_recordset(chunks) n (key text, hash text)
    where not exists (
        select from private.ingestion_vectors v
        where v.organization_id = job.organization_id and v.document_id = document_id
            and v.chunk_key = n.key and v.embedding_model = model
    )
    and not exists (
        select from public.document_chunks c
        where c.organization_id = job.organization_id and c.document_id = document_id
            and c.metadata ->> 'key' = n.key
            and c.embedding_model = model
            and c.embedding is not null
            and encode(sha256(convert_to(c.content, 'UTF8')), 'hex') = n.hash
    );
    update public.document_processing_status s
    set stage = 'embedding', chunks_total = jsonb_array_length(chunks),
        chunks_completed = jsonb_array_length(chunks) - least(cardinality(lacking), jsonb_array_length(chunks))
    where s.organization_id = job.organization_id and s.document_id = document_id;
    return lacking;
end;
$$;
comment on function private.plan_ingestion(uuid, uuid, text, jsonb) is 'What public.plan_ingestion does, with the rights to do it.';
revoke all on function private.plan_ingestion(uuid, uuid, text, jsonb) from public, anon, authenticated, service_role;
grant execute on function private.plan_ingestion(uuid, uuid, text, jsonb) to service_role;

create function public.plan_ingestion(p_document_id uuid, p_lease uuid, p_model text, p_chunks jsonb) returns text []
language sql
set search_path = ''
as $$
    select private.plan_ingestion(p_document_id, p_lease, p_model, p_chunks);
$$;
comment on function public.plan_ingestion(uuid, uuid, text, jsonb) is
    'For the service role: of the passages [{key, hash}] that a document is to consist of, returns the keys of those that no vector is there for, '
    'neither in the document as it is nor staged. key names what is embedded, hash is the SHA-256 of the content. A collection without vectors whose model is the '
    'default takes this one over. Raises PT409 when the lease is lost, and PT422 where the collection''s vectors are of another model.';
revoke all on function public.plan_ingestion(uuid, uuid, text, jsonb) from public, anon, authenticated, service_role;
grant execute on function public.plan_ingestion(uuid, uuid, text, jsonb) to service_role;

create function private.stage_ingestion(document_id uuid, lease uuid, model text, vectors jsonb, lease_seconds integer) returns void
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    job constant private.ingestions := private.hold_ingestion(document_id, lease);
    staged integer;
begin
    insert into private.ingestion_vectors (organization_id, document_id, chunk_key, embedding_model, embedding)
    select job.organization_id, document_id, v.key, model, v.embedding::extensions.vector
    from jsonb_to_recordset(vectors) v (key text, embedding text)
    on conflict on constraint ingestion_vectors_pkey do nothing;
    get diagnostics staged = row_count;
    update private.ingestions i set leased_until = now() + make_interval(secs => lease_seconds)
    where i.organization_id = job.organization_id and i.document_id = document_id;
    update public.document_processing_status s
    set chunks_completed = least(s.chunks_completed + staged, coalesce(s.chunks_total, s.chunks_completed + staged))
    where s.organization_id = job.organization_id and s.document_id = document_id;
end;
$$;
comment on function private.stage_ingestion(uuid, uuid, text, jsonb, integer) is 'What public.stage_ingestion does, with the rights to do it.';
revoke all on function private.stage_ingestion(uuid, uuid, text, jsonb, integer) from public, anon, authenticated, service_role;
grant execute on function private.stage_ingestion(uuid, uuid, text, jsonb, integer) to service_role;

create function public.stage_ingestion(
    p_document_id uuid, p_lease uuid, p_model text, p_vectors jsonb default '[]', p_lease_seconds integer default 120
) returns void
language sql
set search_path = ''
as $$
    select private.stage_ingestion(p_document_id, p_lease, p_model, p_vectors, p_lease_seconds);
$$;
comment on function public.stage_ingestion(uuid, uuid, text, jsonb, integer) is
    'For the service role: keeps vectors [{key, embedding}] until the document is whole, says so in its processing status, and renews the lease. '
    'Returns nothing. Raises PT409 when the lease is lost.';
revoke all on function public.stage_ingestion(uuid, uuid, text, jsonb, integer) from public, anon, authenticated, service_role;
grant execute on function public.stage_ingestion(uuid, uuid, text, jsonb, integer) to service_role;

create function private.yield_ingestion(
    document_id uuid, lease uuid, model text, source_text text, source_title text, lease_seconds integer, always boolean
) returns boolean
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    job private.ingestions;
    turn bigint;
begin
    -- The lock on its organization's turns comes before that on the document, as where one is queued.
    select private.next_turn(i.organization_id, true) into turn from private.ingestions i where i.document_id = document_id;
    job := private.hold_ingestion(document_id, lease);
    if source_text is not null then
        insert into private.ingestion_texts (organization_id, document_id, text, title)
        values (job.organization_id, document_id, source_text, source_title)
        on conflict on constraint ingestion_texts_pkey do nothing;
    end if;
    if not always
        and not exists (select from private.ingestions i where i.state = 'pending' and i.run_after <= now())
        and not exists (select from private.ingestions i where i.state = 'processing' and i.leased_until < now() and i.document_id <> document_id)
        and not exists (select from private.reembeddings r where r.embedding_model = model and r.run_after <= now())
    then
        update private.ingestions i set leased_until = now() + make_interval(secs => lease_seconds)
        where i.organization_id = job.organization_id and i.document_id = document_id;
        return false;
    end if;
    update private.ingestions i
    set state = 'pending', lease = null, leased_until = null, attempts = i.attempts - 1, run_after = now(),
        turn = turn, is_long = true
    where i.organization_id = job.organization_id and i.document_id = document_id;
    return true;
end;
$$;
comment on function private.yield_ingestion(uuid, uuid, text, text, text, integer, boolean) is
    'What public.yield_ingestion does, with the rights to do it.';
revoke all on function private.yield_ingestion(uuid, uuid, text, text, text, integer, boolean) from public, anon, authenticated, service_role;
grant execute on function private.yield_ingestion(uuid, uuid, text, text, text, integer, boolean) to service_role;

create function public.yield_ingestion(
    p_document_id uuid,
    p_lease uuid,
    p_model text,
    p_text text default null,
    p_title text default null,
    p_lease_seconds integer default 120,
    p_always boolean default false
) returns boolean
language sql
set search_path = ''
as $$
    select private.yield_ingestion(p_document_id, p_lease, p_model, p_text, p_title, p_lease_seconds, p_always);
$$;
comment on function public.yield_ingestion(uuid, uuid, text, text, text, integer, boolean) is
    'For the service role: gives a document back that takes long, behind those who wait; what is staged stays, it was no try, and to its readers it goes on being '
    'processed. Where nobody waits, neither a document nor a collection that is being changed to the model, it renews the lease instead, unless p_always. p_text and '
    'p_title: what was read of its file or page, kept for whoever goes on. Returns whether it was given back. Raises PT409 when the lease is lost.';
revoke all on function public.yield_ingestion(uuid, uuid, text, text, text, integer, boolean) from public, anon, authenticated, service_role;
grant execute on function public.yield_ingestion(uuid, uuid, text, text, text, integer, boolean) to service_role;

create function private.finish_ingestion(document_id uuid, lease uuid, model text, chunks jsonb, title text) returns void
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    beyond constant integer := 1000000000;
    job private.ingestions;
    -- Of each passage that stays: its id and its new place.
    kept jsonb;
    missing integer;
begin
    -- Its model stays as it is until these passages are seen. Who changes or deletes a collection takes it before its documents, too;
    -- and who gives a document new content takes that before what is queued of it.
    perform from public.document_collections c
    where (c.organization_id, c.id) = (select d.organization_id, d.collection_id from public.documents d where d.id = document_id)
    for share;
    perform from public.documents d
    where d.id = document_id
    for update;
    job := private.hold_ingestion(document_id, lease);
    perform private.check_collection_model(job.organization_id, document_id, model);
    update public.documents d set title = title
    where d.organization_id = job.organization_id and d.id = document_id and d.title = job.found_title and title is not null;
    select coalesce(jsonb_object_agg(o.id, n.index), '{}') into kept
    from (
        select w.index, w.key, w.content, row_number() over (partition by w.key order by w.index) as occurrence
        from jsonb_to_recordset(chunks) w (index integer, key text, content text)
    ) n
    join (
        select c.id, c.metadata ->> 'key' as key, c.content,
            row_number() over (partition by c.metadata ->> 'key' order by c.chunk_index) as occurrence
        from public.document_chunks c
        where c.organization_id = job.organization_id and c.document_id = document_id
            and c.embedding_model = model and c.embedding is not null
    ) o on o.key = n.key and o.occurrence = n.occurrence and o.content = n.content;

    delete from public.document_chunks c
    where c.organization_id = job.organization_id and c.document_id = document_id and not kept ? c.id::text;
    -- In two steps, so that no two ever have one index.
    update public.document_chunks c set chunk_index = c.chunk_index + beyond
    where c.organization_id = job.organization_id and c.document_id = document_id
        and c.chunk_index <> (kept ->> c.id::text)::integer;
    update public.document_chunks c set chunk_index = (kept ->> c.id::text)::integer
    where c.organization_id = job.organization_id and c.document_id = document_id and c.chunk_index >= beyond;

    insert into public.document_chunks (
        organization_id, document_id, chunk_index, content, embedding, embedding_model, token_count, metadata
    )
    select
        job.organization_id, document_id, n.index, n.content, v.embedding, model, n.token_count,
        coalesce(n.metadata, '{}') || jsonb_build_object('key', n.key)
    from jsonb_to_recordset(chunks) n (index integer, key text, content text, token_count integer, metadata jsonb)
    left join private.ingestion_vectors v
        on v.organization_id = job.organization_id and v.document_id = document_id
        and v.chunk_key = n.key and v.embedding_model = model
    where not exists (
        select from public.document_chunks c
        where c.organization_id = job.organization_id and c.document_id = document_id and c.chunk_index = n.index
    );
    select count(*) into missing from public.document_chunks c
    where c.organization_id = job.organization_id and c.document_id = document_id and c.embedding is null;
    if missing > 0 then
        raise sqlstate 'PT409' using
            message = format('%s passages have no vector', missing), hint = 'Stage those that plan_ingestion names first.';
    end if;

    update private.ingestions i
    set state = 'completed', lease = null, leased_until = null,
        found_title = case when i.found_title is not null then coalesce(title, i.found_title) end
    where i.organization_id = job.organization_id and i.document_id = document_id;
    delete from private.ingestion_vectors v
    where v.organization_id = job.organization_id and v.document_id = document_id;
    delete from private.ingestion_texts t
    where t.organization_id = job.organization_id and t.document_id = document_id;
    update public.document_processing_status s
    set status = 'completed', stage = null, chunks_total = jsonb_array_length(chunks),
        chunks_completed = jsonb_array_length(chunks), error_message = null, completed_at = now()
    where s.organization_id = job.organization_id and s.document_id = document_id;
end;
$$;
comment on function private.finish_ingestion(uuid, uuid, text, jsonb, text) is 'What public.finish_ingestion does, with the rights to do it.';
revoke all on function private.finish_ingestion(uuid, uuid, text, jsonb, text) from public, anon, authenticated, service_role;
grant execute on function private.finish_ingestion(uuid, uuid, text, jsonb, text) to service_role;

create function public.finish_ingestion(
    p_document_id uuid, p_lease uuid, p_model text, p_chunks jsonb, p_title text default null
) returns void
language sql
set search_path = ''
-- Thousands of passages take minutes; the Data API takes the time from here.
set statement_timeout = '30min'
as $$
    select private.finish_ingestion(p_document_id, p_lease, p_model, p_chunks, p_title);
$$;
comment on function public.finish_ingestion(uuid, uuid, text, jsonb, text) is
    'For the service role: makes the document consist of the passages [{index, key, content, token_count, metadata}], all at once. Passages that it has '
    'already keep their ids and vectors; the others take theirs from what is staged. p_title becomes its title where nobody gave one. '
    'Returns nothing. Raises PT409 when the lease is lost or a vector is missing, and PT422 where the collection''s vectors are of another model.';
revoke all on function public.finish_ingestion(uuid, uuid, text, jsonb, text) from public, anon, authenticated, service_role;
grant execute on function public.finish_ingestion(uuid, uuid, text, jsonb, text) to service_role;

create function private.fail_ingestion(document_id uuid, lease uuid, code text, message text, again boolean)
returns public.processing_status
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    job constant private.ingestions := private.hold_ingestion(document_id, lease);
    retried constant boolean := again and job.attempts < private.max_ingestion_attempts();
    outcome constant public.processing_status := (
        case when retried or code is null then 'pending' else 'failed' end
    )::public.processing_status;
begin
    update private.ingestions i
    set state = outcome, lease = null, leased_until = null,
        attempts = case when code is null then i.attempts - 1 else i.attempts end,
        -- 10 s, 20 s, 40 s, 80 s, each up to half as long again, so that what failed together is not tried together.
        run_after = case
            when code is null then now()
            else now() + make_interval(secs => 5 * 2 ^ job.attempts * (1 + random() / 2))
        end
    where i.organization_id = job.organization_id and i.document_id = document_id;
    delete from private.ingestion_texts t
    where t.organization_id = job.organization_id and t.document_id = document_id and outcome = 'failed';
    update public.document_processing_status s
    set status = outcome, stage = left(code, 200), error_message = left(message, 4000),
        completed_at = case when outcome = 'failed' then now() end
    where s.organization_id = job.organization_id and s.document_id = document_id;
    return outcome;
end;
$$;
comment on function private.fail_ingestion(uuid, uuid, text, text, boolean) is 'What public.fail_ingestion does, with the rights to do it.';
revoke all on function private.fail_ingestion(uuid, uuid, text, text, boolean) from public, anon, authenticated, service_role;
grant execute on function private.fail_ingestion(uuid, uuid, text, text, boolean) to service_role;

create function public.fail_ingestion(
    p_document_id uuid, p_lease uuid, p_code text default null, p_message text default null, p_again boolean default false
) returns public.processing_status
language sql
set search_path = ''
as $$
    select private.fail_ingestion(p_document_id, p_lease, p_code, p_message, p_again);
$$;
comment on function public.fail_ingestion(uuid, uuid, text, text, boolean) is
    'For the service role: gives a document back. Without a code it was only interrupted and is to be taken up at once; with p_again it is tried later, '
    'up to five times in all; else it has failed, for the reason given. Passages it had before stay. Returns pending or failed. Raises PT409 when the '
    'lease is lost.';
revoke all on function public.fail_ingestion(uuid, uuid, text, text, boolean) from public, anon, authenticated, service_role;
grant execute on function public.fail_ingestion(uuid, uuid, text, text, boolean) to service_role;
