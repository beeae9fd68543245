-- Ingestion: the bucket of original files, and the queue that turns documents into passages.
--
-- A document is made with the rights of whoever asks (public.ingest_document); the rest is the service role's: a worker claims
-- it, stages vectors as they are made, and swaps all passages in one transaction, so that a search finds the document as it was or as
-- it is, never half of it. A claim is a lease: whoever was killed lets it run out, and the next one goes on from what is staged.
-- A long document goes behind others, is given back while they wait, and gone on with in the same way.

-- The bucket ------------------------------------------------------------------------------------------

insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values (
    'documents', 'documents', false, 52428800,
    array[
        'application/pdf',
        'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
        'application/vnd.openxmlformats-officedocument.presentationml.presentation',
        'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
        'application/xhtml+xml', 'text/html', 'text/markdown', 'text/csv', 'text/plain',
        -- What supabase-py says of whatever it is not told the type of; the local stack compares all of it.
        'text/plain;charset=utf-8'
    ]
)
on conflict (id) do update
set public = excluded.public, file_size_limit = excluded.file_size_limit, allowed_mime_types = excluded.allowed_mime_types;

-- A file belongs to one document. Its path is set below, never by a client, so nobody points at another's file.
alter table public.documents add constraint storage_path_is_the_organizations
    check (left(storage_path, 37) = organization_id::text || '/');
create unique index documents_storage_path on public.documents (storage_path);

create function private.document_of_file(path text) returns public.documents
language sql stable
security definer
set search_path = ''
as $$
    select d.* from public.documents d where d.storage_path = path;
$$;
comment on function private.document_of_file(text) is
    'The document whose original lies at the path in the bucket documents, deleted ones included; null where there is none.';
revoke all on function private.document_of_file(text) from public, anon, authenticated, service_role;

create function private.can_read_file(path text, owner_id text) returns boolean
language plpgsql stable
security definer
set search_path = ''
as $$
declare
    document constant public.documents := private.document_of_file(path);
begin
    if document.id is null then
        return owner_id = (select auth.uid())::text
            and split_part(path, '/', 1) in (select o::text from private.organization_ids('viewer') o);
    end if;
    return document.deleted_at is null
        and document.organization_id in (select private.organization_ids('viewer'))
        and document.audience in (select private.audiences());
end;
$$;
comment on function private.can_read_file(text, text) is
    'True when the caller reads the document of the file; where it has none yet, when they put it there and are still in its organization.';
revoke all on function private.can_read_file(text, text) from public, anon, authenticated, service_role;
grant execute on function private.can_read_file(text, text) to authenticated, service_role;

create function private.can_write_file(path text) returns boolean
language sql stable
security definer
set search_path = ''
as $$
    select split_part(path, '/', 1) in (select o::text from private.organization_ids('member') o)
        and split_part(path, '/', 2) <> ''
        and char_length(path) <= 1024
        and private.document_of_file(path) is null;
$$;
comment on function private.can_write_file(text) is
    'True when the caller may put a file at the path: it begins with an organization where they are at least member, and is no document''s.';
revoke all on function private.can_write_file(text) from public, anon, authenticated, service_role;
grant execute on function private.can_write_file(text) to authenticated, service_role;

create function private.can_delete_file(path text, owner_id text) returns boolean
language plpgsql stable
security definer
set search_path = ''
as $$
declare
    document constant public.documents := private.document_of_file(path);
begin
    if document.id is null then
        return owner_id = (select auth.uid())::text
            and split_part(path, '/', 1) in (select o::text from private.organization_ids('member') o);
    end if;
    return document.deleted_at is null
        and private.can_manage(document.organization_id, document.visibility, document.team_id, document.created_by);
end;
$$;
comment on function private.can_delete_file(text, text) is
    'True when the caller may change the document of the file; where it has none yet, when they put it there.';
revoke all on function private.can_delete_file(text, text) from public, anon, authenticated, service_role;
grant execute on function private.can_delete_file(text, text) to authenticated, service_role;

create policy groundwork_documents_select on storage.objects
    for select to authenticated
    using (bucket_id = 'documents' and private.can_read_file(name, owner_id));
create policy groundwork_documents_insert on storage.objects
    for insert to authenticated
    with check (bucket_id = 'documents' and private.can_write_file(name));
-- What is a document's stays as it was ingested: another file is ingested anew.
create policy groundwork_documents_update on storage.objects
    for update to authenticated
    using (bucket_id = 'documents' and owner_id = (select auth.uid())::text and private.can_write_file(name))
    with check (bucket_id = 'documents' and owner_id = (select auth.uid())::text and private.can_write_file(name));
create policy groundwork_documents_delete on storage.objects
    for delete to authenticated
    using (bucket_id = 'documents' and private.can_delete_file(name, owner_id));

-- Files to remove -------------------------------------------------------------------------------------
-- Through the Storage API, by a worker: SQL may not delete the rows of files on hosted Supabase, and would leave their bytes.

create table private.storage_removals (
    path text primary key,
    requested_at timestamptz not null default now(),
    run_after timestamptz not null default now()
);
comment on table private.storage_removals is 'Files of the bucket documents that no document needs any more.';
create index storage_removals_due on private.storage_removals (run_after);
alter table private.storage_removals enable row level security;
revoke all on private.storage_removals from public, anon, authenticated, service_role;

create function private.queue_storage_removal() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    insert into private.storage_removals (path) values (old.storage_path) on conflict (path) do nothing;
    return null;
end;
$$;
comment on function private.queue_storage_removal() is 'After a document is purged, or gets another file: its file is to be removed.';
revoke all on function private.queue_storage_removal() from public, anon, authenticated, service_role;

create trigger documents_remove_file_on_delete
    after delete on public.documents
    for each row when (old.storage_path is not null)
    execute function private.queue_storage_removal();
create trigger documents_remove_file_on_update
    after update of storage_path on public.documents
    for each row when (old.storage_path is not null and old.storage_path is distinct from new.storage_path)
    execute function private.queue_storage_removal();

create function private.claim_storage_removals(amount integer) returns setof text
language sql
security definer
set search_path = ''
as $$
    -- Files that nobody made a document of within a day: an upload whose request was killed.
    insert into private.storage_removals (path)
    select o.name from storage.objects o
    where o.bucket_id = 'documents'
        and o.created_at < now() - interval '1 day'
        and not exists (select from public.documents d where d.storage_path = o.name)
    order by o.created_at
    limit amount
    on conflict (path) do nothing;

    update private.storage_removals r set run_after = now() + interval '10 minutes'
    where r.path in (
        select due.path from private.storage_removals due
        where due.run_after <= now()
            and not exists (select from public.documents d where d.storage_path = due.path)
        order by due.run_after
        limit amount
        for update skip locked
    )
    returning r.path;
$$;
comment on function private.claim_storage_removals(integer) is 'What public.claim_storage_removals does, with the rights to do it.';
revoke all on function private.claim_storage_removals(integer) from public, anon, authenticated, service_role;
grant execute on function private.claim_storage_removals(integer) to service_role;

create function public.claim_storage_removals(p_amount integer default 100) returns setof text
language sql
set search_path = ''
as $$
    select private.claim_storage_removals(p_amount);
$$;
comment on function public.claim_storage_removals(integer) is
    'For the service role: returns paths in the bucket documents whose files are to be removed through the Storage API. What is not '
    'reported by complete_storage_removals comes again after ten minutes.';
revoke all on function public.claim_storage_removals(integer) from public, anon, authenticated, service_role;
grant execute on function public.claim_storage_removals(integer) to service_role;

create function private.complete_storage_removals(paths text []) returns void
language sql
security definer
set search_path = ''
as $$
    delete from private.storage_removals r where r.path = any (paths);
$$;
comment on function private.complete_storage_removals(text []) is 'What public.complete_storage_removals does, with the rights to do it.';
revoke all on function private.complete_storage_removals(text []) from public, anon, authenticated, service_role;
grant execute on function private.complete_storage_removals(text []) to service_role;

create function public.complete_storage_removals(p_paths text []) returns void
language sql
set search_path = ''
as $$
    select private.complete_storage_removals(p_paths);
$$;
comment on function public.complete_storage_removals(text []) is 'For the service role: these files are removed. Returns nothing.';
revoke all on function public.complete_storage_removals(text []) from public, anon, authenticated, service_role;
grant execute on function public.complete_storage_removals(text []) to service_role;

-- The queue -------------------------------------------------------------------------------------------

create table private.ingestions (
    organization_id uuid not null,
    document_id uuid not null,
    content_key text not null constraint content_key_names_content check (content_key ~ '^(sha256:[0-9a-f]{64}|url:.+)$'),
    state public.processing_status not null default 'pending',
    attempts integer not null default 0,
    run_after timestamptz not null default now(),
    turn bigint not null default 0,
    is_long boolean not null default false,
    found_title text,
    lease uuid,
    leased_until timestamptz,
    created_at timestamptz not null default now(),
    primary key (organization_id, document_id),
    foreign key (organization_id, document_id) references public.documents (organization_id, id) on delete cascade,
    constraint leased_while_processing check ((state = 'processing') = (lease is not null and leased_until is not null))
);
comment on table private.ingestions is
    'The work on documents, one row each, kept when it is done: content_key says what the passages were made of. failed is the dead letter.';
comment on column private.ingestions.turn is
    'The round in which the document is due: each organization has one document in a round, so nobody waits for all of another''s. Long ones have '
    'rounds of their own.';
comment on column private.ingestions.is_long is 'It has a long text or a large file, or was given back by a worker while others waited: it goes behind those that are not long.';
comment on column private.ingestions.found_title is
    'The title that nobody gave: the address at first, then what is found there. It goes on to change as long as the document has it.';
create index ingestions_due on private.ingestions (is_long, turn, run_after) where state = 'pending';
create index ingestions_taken on private.ingestions (is_long, turn) where state <> 'pending';
create index ingestions_turns on private.ingestions (organization_id, is_long, turn);
create index ingestions_leased on private.ingestions (leased_until) where state = 'processing';
create index ingestions_content_key on private.ingestions (organization_id, content_key);
create index ingestions_document on private.ingestions (document_id);
alter table private.ingestions enable row level security;
revoke all on private.ingestions from public, anon, authenticated, service_role;

create table private.ingestion_vectors (
    organization_id uuid not null,
    document_id uuid not null,
    chunk_key text not null,
    embedding_model public.model_name not null,
    embedding extensions.vector(384) not null,
    primary key (organization_id, document_id, chunk_key, embedding_model),
    foreign key (organization_id, document_id) references private.ingestions (organization_id, document_id) on delete cascade
);
comment on table private.ingestion_vectors is
    'Vectors of passages that are not swapped in yet: what a worker that was killed need not do again.';
alter table private.ingestion_vectors enable row level security;
revoke all on private.ingestion_vectors from public, anon, authenticated, service_role;

create table private.ingestion_texts (
    organization_id uuid not null,
    document_id uuid not null,
    text text not null,
    title text,
    primary key (organization_id, document_id),
    foreign key (organization_id, document_id) references private.ingestions (organization_id, document_id) on delete cascade
);
comment on table private.ingestion_texts is
    'What was read of a file or page whose document was given back before it was done: a file takes long to read, and a page may say something else the next time.';
alter table private.ingestion_texts enable row level security;
revoke all on private.ingestion_texts from public, anon, authenticated, service_role;

create function private.find_ingested(organization_id uuid, collection_id uuid, content_key text) returns private.ingestions
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    found_one private.ingestions;
begin
    -- One at a time, so that two requests with the same content do not make two documents.
    perform pg_advisory_xact_lock(hashtextextended(
        concat_ws('/', 'groundwork.ingest', organization_id, collection_id, auth.uid(), content_key), 0
    ));
    select i.* into found_one
    from private.ingestions i
    join public.documents d on d.organization_id = i.organization_id and d.id = i.document_id
    where i.organization_id = organization_id
        and i.content_key = content_key
        and d.created_by = auth.uid()
        and d.collection_id is not distinct from collection_id
        and d.deleted_at is null
    order by d.created_at, d.id
    limit 1;
    return found_one;
end;
$$;
comment on function private.find_ingested(uuid, uuid, text) is
    'The caller''s document of this very content in the collection (null: in none), or null. Holds a lock on the content to the transaction''s end.';
revoke all on function private.find_ingested(uuid, uuid, text) from public, anon, authenticated, service_role;
grant execute on function private.find_ingested(uuid, uuid, text) to authenticated;

create function private.next_turn(organization_id uuid, is_long boolean) returns bigint
language plpgsql
set search_path = ''
as $$
#variable_conflict use_variable
begin
    -- One at a time, so that no two of its documents get one round.
    perform pg_advisory_xact_lock(hashtextextended(concat_ws('/', 'groundwork.turn', organization_id), 0));
    return greatest(
        0,
        (select max(i.turn) from private.ingestions i where i.is_long = is_long and i.state <> 'pending'),
        (select min(i.turn) from private.ingestions i where i.is_long = is_long and i.state = 'pending'),
        (select max(i.turn) + 1 from private.ingestions i where i.organization_id = organization_id and i.is_long = is_long)
    );
end;
$$;
comment on function private.next_turn(uuid, boolean) is
    'The round for another document of the organization, among the long or the others: the one that is on, or that after its last.';
revoke all on function private.next_turn(uuid, boolean) from public, anon, authenticated, service_role;

create function private.is_long_source(document public.documents) returns boolean
language sql stable
set search_path = ''
as $$
    select coalesce(char_length(document.content) > 100000, false)
        or coalesce(
            (
                select (o.metadata ->> 'size')::bigint > 2097152 from storage.objects o
                where o.bucket_id = 'documents' and o.name = document.storage_path
            ), false
        );
$$;
comment on function private.is_long_source(public.documents) is 'True for a text of more than 100,000 characters and a file of more than 2 MiB.';
revoke all on function private.is_long_source(public.documents) from public, anon, authenticated, service_role;

create function private.enqueue_ingestion(document_id uuid, content_key text, storage_path text, found_title text) returns void
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
    document public.documents;
    is_long boolean;
begin
    select d.* into document from public.documents d where d.id = document_id and d.deleted_at is null for update;
    if not found
        or not private.can_manage(document.organization_id, document.visibility, document.team_id, document.created_by)
    then
        raise sqlstate 'PT404' using
            message = 'There is no such document among those you may change', hint = 'Check the id.';
    end if;
    if storage_path is not null and storage_path is distinct from document.storage_path then
        if left(storage_path, 37) <> document.organization_id::text || '/' then
            raise sqlstate 'PT400' using
                message = 'The file is not in the folder of the document''s organization',
                hint = 'A path in the bucket documents begins with the id of the organization.';
        end if;
        -- Whoever put the file there, and nobody else, makes a document of it.
        perform from storage.objects o
        where o.bucket_id = 'documents' and o.name = storage_path and o.owner_id = (select auth.uid())::text;
        if not found then
            raise sqlstate 'PT404' using
                message = 'You have put no such file in the bucket documents', hint = 'Upload it first, then name its path.';
        end if;
        if (private.document_of_file(storage_path)).id is not null then
            raise sqlstate 'PT409' using
                message = 'The file is another document''s', hint = 'Upload it again under another name.';
        end if;
    end if;
    update public.documents d set storage_path = storage_path
    where d.id = document_id and d.storage_path is distinct from storage_path;
    document.storage_path := storage_path;
    is_long := private.is_long_source(document);

    insert into private.ingestions as i (organization_id, document_id, content_key, turn, is_long, found_title)
    values (
        document.organization_id, document_id, content_key, private.next_turn(document.organization_id, is_long), is_long, found_title
    )
    on conflict on constraint ingestions_pkey do update
    set content_key = excluded.content_key, turn = excluded.turn, is_long = excluded.is_long, found_title = coalesce(excluded.found_title, i.found_title),
        state = 'pending', attempts = 0, run_after = now(), lease = null, leased_until = null;
    delete from private.ingestion_texts t
    where t.organization_id = document.organization_id and t.document_id = document_id;
    insert into public.document_processing_status as s (organization_id, document_id)
    values (document.organization_id, document_id)
    on conflict on constraint document_processing_status_pkey do update
    set status = 'pending', stage = null, chunks_total = null, chunks_completed = 0, attempts = 0, error_message = null,
        started_at = null, completed_at = null;
end;
$$;
comment on function private.enqueue_ingestion(uuid, text, text, text) is
    'Queues a document that the caller may change, with the file that they uploaded for it. A worker that is busy with its old content loses its '
    'lease. Raises PT400, PT404 or PT409.';
revoke all on function private.enqueue_ingestion(uuid, text, text, text) from public, anon, authenticated, service_role;
grant execute on function private.enqueue_ingestion(uuid, text, text, text) to authenticated;

create function public.ingest_document(
    p_title text,
    p_content text default null,
    p_source_url text default null,
    p_storage_path text default null,
    p_file_hash text default null,
    p_mime_type text default null,
    p_organization_id uuid default null,
    p_collection_id uuid default null,
    p_visibility public.visibility default null,
    p_team_id uuid default null,
    p_metadata jsonb default '{}',
    p_document_id uuid default null
) returns jsonb
language plpgsql
set search_path = ''
as $$
declare
    collection public.document_collections;
    known private.ingestions;
    content_key text;
    tenant uuid := p_organization_id;
    target uuid := p_document_id;
    standing public.processing_status;
    retyped boolean;
    title constant text := coalesce(p_title, left(p_source_url, 500));
begin
    if num_nonnulls(p_content, p_source_url, p_storage_path) <> 1 then
        raise sqlstate 'PT400' using
            message = 'A document comes from one source', hint = 'Name one of p_content, p_source_url and p_storage_path.';
    end if;
    if p_storage_path is not null and p_file_hash is null then
        raise sqlstate 'PT400' using message = 'p_file_hash is missing', hint = 'Send the SHA-256 of the file, in hexadecimal.';
    end if;
    content_key := case
        when p_source_url is not null then 'url:' || p_source_url
        else 'sha256:' || coalesce(p_file_hash, encode(sha256(convert_to(p_content, 'UTF8')), 'hex'))
    end;

    if target is not null then
        update public.documents d
        set title = coalesce(p_title, d.title), content = p_content, source_url = p_source_url,
            mime_type = p_mime_type
        where d.id = target;
        if not found then
            raise sqlstate 'PT404' using
                message = 'There is no such document among those you may change', hint = 'Check the id.';
        end if;
        perform private.enqueue_ingestion(target, content_key, p_storage_path, null);
        return jsonb_build_object('document_id', target, 'status', 'pending', 'created', false, 'takes_source', true);
    end if;

    if p_collection_id is not null then
        select c.* into collection from public.document_collections c where c.id = p_collection_id;
        if not found or collection.organization_id <> coalesce(tenant, collection.organization_id) then
            raise sqlstate 'PT404' using
                message = 'There is no such collection among those you see', hint = 'Check the id and the organization.';
        end if;
        tenant := collection.organization_id;
    end if;
    if tenant is null then
        select o.id into tenant from public.organizations o where o.is_personal and o.created_by = (select auth.uid());
    end if;
    perform private.require_role(tenant, 'member');

    known := private.find_ingested(tenant, p_collection_id, content_key);
    if known.document_id is not null then
        -- One that was given back while others wait is pending in the queue alone.
        standing := coalesce(
            (select s.status from public.document_processing_status s where s.document_id = known.document_id), known.state
        );
        -- The same bytes may have failed as text and be a PDF.
        retyped := p_storage_path is not null
            and standing in ('failed', 'pending')
            and exists (select from public.documents d where d.id = known.document_id and d.mime_type is distinct from p_mime_type);
        if retyped then
            update public.documents d set content = null, source_url = null, mime_type = p_mime_type where d.id = known.document_id;
        end if;
        if retyped or known.state = 'failed' or (known.state = 'completed' and p_source_url is not null) then
            perform private.enqueue_ingestion(
                known.document_id, content_key,
                case
                    when retyped then p_storage_path
                    else (select d.storage_path from public.documents d where d.id = known.document_id)
                end, null
            );
            standing := 'pending';
        end if;
        return jsonb_build_object(
            'document_id', known.document_id, 'status', standing, 'created', false, 'takes_source', retyped
        );
    end if;

    target := gen_random_uuid();
    insert into public.documents (
        organization_id, id, collection_id, title, content, source_url, mime_type, visibility, team_id, metadata
    )
    values (
        tenant, target, p_collection_id, title, p_content, p_source_url, p_mime_type, p_visibility, p_team_id,
        coalesce(p_metadata, '{}')
    );
    perform private.enqueue_ingestion(target, content_key, p_storage_path, case when p_title is null then title end);
    return jsonb_build_object('document_id', target, 'status', 'pending', 'created', true, 'takes_source', true);
end;
$$;
comment on function public.ingest_document(
    text, text, text, text, text, text, uuid, uuid, public.visibility, uuid, jsonb, uuid
) is
    'Makes a document with the rights of the caller, of a text, a web address, or a file that they put into the bucket documents, and queues '
    'its processing; with p_document_id, gives that document new content. Without p_title the document of a web address takes that of the page. '
    'The same content of the same person in the same organization and collection is one document: asked again, it is processed anew only where that failed, or where it is a web address; '
    'where it failed or is not begun, a file of another type takes the place of its own. Returns {document_id, status, created, takes_source}: whether the source '
    'is the document''s now, where one that was found has its own. Raises PT400, PT403, PT404 or PT409.';
revoke all on function public.ingest_document(
    text, text, text, text, text, text, uuid, uuid, public.visibility, uuid, jsonb, uuid
) from public, anon, authenticated, service_role;
grant execute on function public.ingest_document(
    text, text, text, text, text, text, uuid, uuid, public.visibility, uuid, jsonb, uuid
) to authenticated;
