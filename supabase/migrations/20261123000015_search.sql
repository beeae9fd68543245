-- Semantic search over the chunks that the caller may see.
--
-- The policies on the tables would give the right rows, and too few of them, or late: an index of vectors filters after its walk, and
-- a policy keeps an index of words from being used at all. So the functions of this area run with more rights, and apply the very rule of
-- the policies with the very helpers of the policies: the chunk of a live document, of an organization among private.organization_ids('viewer'),
-- whose audience is among private.audiences(). The tests hold them to the policies, with people, teams and sharing at random.
--
-- Organizations are taken by bucket (see document_chunks): where the caller sees few chunks, all are compared, so that the answer is exact and
-- its time is that of the caller's own data; where many, the bucket's graph of vectors is walked, iteratively, until the list is full. If
-- the walk ends before, all are compared after all: a list is never shorter than what there is.

create type private.scored_chunk as (
    organization_id uuid, chunk_id uuid, document_id uuid, similarity double precision, keyword double precision
);

create function private.check_query(
    query_embedding extensions.vector, match_threshold double precision, match_count integer
) returns void
language plpgsql immutable
set search_path = ''
as $$
begin
    if match_count not between 1 and 1000 then
        raise sqlstate 'PT400' using
            message = format('match_count is %s', match_count), hint = 'Ask for 1 to 1000 results.';
    end if;
    if match_threshold not between -1 and 1 then
        raise sqlstate 'PT400' using
            message = format('match_threshold is %s', match_threshold),
            hint = 'Similarity is a cosine: name a threshold from -1 to 1.';
    end if;
    if query_embedding is null then
        raise sqlstate 'PT400' using
            message = 'query_embedding is missing', hint = 'Send the embedding of the query, made by the model of the chunks.';
    end if;
    if extensions.vector_dims(query_embedding) <> 384 then
        raise sqlstate 'PT400' using
            message = format('query_embedding has %s dimensions', extensions.vector_dims(query_embedding)),
            hint = 'The embeddings of chunks have 384: make that of the query with the same model.';
    end if;
    if extensions.vector_norm(query_embedding) not between 1e-15 and 1e15 then
        raise sqlstate 'PT400' using
            message = 'query_embedding is zero or without measure',
            hint = 'Its length must be from 1e-15 to 1e15: a vector without a direction is similar to nothing.';
    end if;
end;
$$;
comment on function private.check_query(extensions.vector, double precision, integer) is
    'Raises PT400 for a query that no search can answer. (A vector with NaN does not get here: its type refuses it.)';
revoke all on function private.check_query(extensions.vector, double precision, integer)
    from public, anon, authenticated, service_role;

create type private.search_scope as (audiences uuid [], compared uuid [], walked uuid []);
comment on type private.search_scope is
    'Where a caller may search: the audiences they belong to, the organizations in which all the chunks that they see are compared, and '
    'those in which they see so many that the graph of vectors is walked.';

create function private.sees_more_chunks(
    than integer, organizations uuid [], audiences uuid [], filter_collection_id uuid
) returns boolean
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
    sampled constant integer := 20;
    documents integer;
    chunks integer;
begin
    select count(*), coalesce(sum(c.amount), 0) into documents, chunks
    from (
        select d.organization_id, d.id
        from public.documents d
        where d.organization_id = any (organizations)
            and d.audience = any (audiences)
            and d.deleted_at is null
            and (filter_collection_id is null or d.collection_id = filter_collection_id)
        limit sampled
    ) d
    cross join lateral (
        select count(*) as amount
        from (
            select
            from public.document_chunks c
            where c.organization_id = d.organization_id and c.document_id = d.id
            limit than + 1
        ) c
    ) c;
    if documents < sampled or chunks > than then
        return chunks > than;
    end if;
    -- So many documents have more, if they are like the sample.
    return (
        select count(*)
        from (
            select
            from public.documents d
            where d.organization_id = any (organizations)
                and d.audience = any (audiences)
                and d.deleted_at is null
                and (filter_collection_id is null or d.collection_id = filter_collection_id)
            limit than * sampled / greatest(chunks, sampled) + 1
        ) d
    ) * greatest(chunks, sampled) > than * sampled;
end;
$$;
comment on function private.sees_more_chunks(integer, uuid [], uuid [], uuid) is
    'Whether these audiences see more chunks in the organizations than so many, going by the first 20 documents and the number of documents. The '
    'way of searching depends on it, not what is found.';
revoke all on function private.sees_more_chunks(integer, uuid [], uuid [], uuid) from public, anon, authenticated, service_role;

create function private.search_scope(filter_organization_id uuid, filter_collection_id uuid)
returns private.search_scope
language plpgsql stable
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
    -- So many chunks are compared in about the time of a walk.
    compared_at_most constant integer := 800;
    organizations uuid [];
    bucket uuid [];
    scope private.search_scope;
begin
    if private.bypasses_row_security() then
        organizations := array(
            select o.id from public.organizations o
            where o.deleted_at is null and (filter_organization_id is null or o.id = filter_organization_id)
        );
        -- Everybody's, so that the service role searches by the same rule; what has been deleted is not found by it either.
        scope.audiences := array(
            select distinct d.audience from public.documents d
            where d.organization_id = any (organizations) and d.deleted_at is null and d.audience is not null
        );
    else
        organizations := array(
            select o.id from private.organization_ids('viewer') o (id)
            where filter_organization_id is null or o.id = filter_organization_id
        );
        scope.audiences := array(select private.audiences());
    end if;
    if filter_collection_id is not null then
        organizations := array(
            select c.organization_id from public.document_collections c
            where c.id = filter_collection_id and c.organization_id = any (organizations)
        );
    end if;

    scope.compared := '{}';
    scope.walked := '{}';
    for bucket in
        select array_agg(o.id) from unnest(organizations) o (id) group by get_byte(uuid_send(o.id), 15) & 31
    loop
        if private.sees_more_chunks(compared_at_most, bucket, scope.audiences, filter_collection_id) then
            scope.walked := scope.walked || bucket;
        else
            scope.compared := scope.compared || bucket;
        end if;
    end loop;
    return scope;
end;
$$;
comment on function private.search_scope(uuid, uuid) is
    'The scope of the caller''s search: of one organization or collection, where it is given. The service role''s is everybody''s.';
revoke all on function private.search_scope(uuid, uuid) from public, anon, authenticated, service_role;

-- One function a graph: a plan is made for one index, and a statement that is put together anew for each search is planned for each,
-- which took a third of its time.
do $$
begin
    for bucket in 0..31 loop
        execute format(
            $define$
                create function private.walk_graph_%1$s(
                    organizations uuid [],
                    audiences uuid [],
                    query_embedding extensions.vector,
                    amount integer,
                    filter_collection_id uuid,
                    query_model text,
                    filter jsonb
                ) returns private.scored_chunk []
                language plpgsql stable
                set search_path = ''
                as $walk$
                begin
                    return (
                        select array_agg((w.organization_id, w.id, w.document_id, w.similarity, null)::private.scored_chunk)
                        from (
                            select
                                c.organization_id, c.id, c.document_id,
                                1 - (c.embedding operator(extensions.<=>) query_embedding) as similarity
                            from public.document_chunks c
                            where (get_byte(uuid_send(c.organization_id), 15) & 31) = %1$s
                                -- `is true` keeps it from being looked up in another index.
                                and (c.organization_id = any (organizations)) is true
                                and exists (
                                    select
                                    from public.documents d
                                    where d.id = c.document_id
                                        and d.audience = any (audiences)
                                        and d.deleted_at is null
                                        and (filter_collection_id is null or d.collection_id = filter_collection_id)
                                    -- Asked for each chunk that is met: not to be made a join.
                                    offset 0
                                )
                                and (query_model is null or c.embedding_model = query_model)
                                and (filter = '{}' or c.metadata @> filter)
                            order by
                                extensions.l2_normalize(c.embedding)::extensions.halfvec(384)
                                operator(extensions.<#>) extensions.l2_normalize(query_embedding)::extensions.halfvec(384)
                            limit amount
                        ) w
                    );
                end;
                $walk$;
                comment on function private.walk_graph_%1$s(
                    uuid [], uuid [], extensions.vector, integer, uuid, text, jsonb
                ) is 'The chunks that a walk of the graph of vectors %1$s meets, nearest first: what private.walk_graphs makes of them.';
                revoke all on function private.walk_graph_%1$s(
                    uuid [], uuid [], extensions.vector, integer, uuid, text, jsonb
                ) from public, anon, authenticated, service_role;
            $define$,
            bucket
        );
    end loop;
end;
$$;

create function private.walk_graphs(
    scope private.search_scope,
    query_embedding extensions.vector,
    amount integer,
    match_threshold double precision,
    filter_collection_id uuid,
    query_model text,
    filter jsonb,
    out found_chunks private.scored_chunk [],
    out exhausted uuid []
)
language plpgsql stable
set search_path = ''
-- These hold for the plans of the functions that walk, too: the planner cannot know how many chunks the caller sees. That is known here,
-- so whether to walk is not left to it.
set plan_cache_mode = force_generic_plan
set enable_sort = off
set enable_seqscan = off
set jit = off
as $$
declare
    -- How many candidates a walk keeps: the more, the surer it is to meet the nearest, and the more it costs that others share the graph.
    -- By measurement, 100 in a graph of up to 13,000 vectors, and about a hundredth of a larger one, find all ten nearest of a question about
    -- what an organization writes, and 0.94 of them of one that is beside it; pgvector keeps 1000 at most.
    usual integer;
    most constant integer := 1000;
    -- Half precision may swap near neighbours: some more are taken, and compared in full.
    spare constant integer := 10;
    ef_search constant text := current_setting('hnsw.ef_search');
    iterative_scan constant text := current_setting('hnsw.iterative_scan');
    max_scan_tuples constant text := current_setting('hnsw.max_scan_tuples');
    bucket integer;
    organizations uuid [];
    kept integer;
    more private.scored_chunk [];
    above bigint;
begin
    found_chunks := '{}';
    exhausted := '{}';
    -- As settings of the function they could not be made by a session that has not loaded the library of vectors.
    perform set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('hnsw.max_scan_tuples', '20000', true);
    for bucket, organizations in
        select get_byte(uuid_send(o.id), 15) & 31, array_agg(o.id) from unnest(scope.walked) o (id) group by 1
    loop
        usual := (
            -- What was never analyzed may be large.
            select least(greatest(100, case when c.reltuples > 0 then c.reltuples else 20000 end / 80 - 60), most)
            from pg_catalog.pg_class c
            where c.oid = format('public.document_chunks_embedding_%s', bucket)::regclass
        );
        foreach kept in array array[usual, least(4 * usual, most)] loop
            perform set_config('hnsw.ef_search', kept::text, true);
            execute format('select private.walk_graph_%s($1, $2, $3, $4, $5, $6, $7)', bucket)
            into more
            using organizations, scope.audiences, query_embedding, amount + spare, filter_collection_id, query_model, filter;
            -- A list that a threshold cuts short must not be short because the walk missed one.
            select count(*) into above from unnest(more) m where m.similarity > match_threshold;
            exit when above >= amount or coalesce(cardinality(more), 0) < amount + spare;
        end loop;
        if coalesce(cardinality(more), 0) < amount + spare then
            exhausted := exhausted || organizations;
        else
            found_chunks := found_chunks || more;
        end if;
    end loop;
    perform set_config('hnsw.ef_search', ef_search, true),
        set_config('hnsw.iterative_scan', iterative_scan, true),
        set_config('hnsw.max_scan_tuples', max_scan_tuples, true);
end;
$$;
comment on function private.walk_graphs(
    private.search_scope, extensions.vector, integer, double precision, uuid, text, jsonb
) is
    'Walks the graphs of vectors of the scope''s larger organizations. Returns the chunks found, some more than the amount, and the organizations '
    'where they were fewer, of which nothing is returned. With a threshold the walk is repeated more thoroughly where it cuts the list short.';
revoke all on function private.walk_graphs(
    private.search_scope, extensions.vector, integer, double precision, uuid, text, jsonb
) from public, anon, authenticated, service_role;

create function private.nearest_chunks(
    scope private.search_scope,
    query_embedding extensions.vector,
    amount integer,
    match_threshold double precision,
    filter_collection_id uuid,
    query_model text,
    filter jsonb
) returns private.scored_chunk []
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set jit = off
as $$
declare
    walked private.scored_chunk [] := array[]::private.scored_chunk [];
    exhausted uuid [] := array[]::uuid [];
begin
    if cardinality(scope.walked) > 0 then
        select w.found_chunks, w.exhausted into walked, exhausted
        from private.walk_graphs(
            scope, query_embedding, amount, match_threshold, filter_collection_id, query_model, filter
        ) w;
    end if;
    return array(
        select (n.organization_id, n.chunk_id, n.document_id, n.similarity, null)::private.scored_chunk
        from (
            select w.organization_id, w.chunk_id, w.document_id, w.similarity from unnest(walked) w
            union all
            select d.organization_id, c.id, d.id, 1 - (c.embedding operator(extensions.<=>) query_embedding)
            from public.documents d
            -- `offset 0` keeps to one way: from each document to its chunks.
            cross join lateral (
                select c.id, c.embedding
                from public.document_chunks c
                where c.organization_id = d.organization_id
                    and c.document_id = d.id
                    and c.embedding is not null
                    and (query_model is null or c.embedding_model = query_model)
                    and (filter = '{}' or c.metadata @> filter)
                offset 0
            ) c
            where d.organization_id = any (scope.compared || exhausted)
                and d.audience = any (scope.audiences)
                and d.deleted_at is null
                and (filter_collection_id is null or d.collection_id = filter_collection_id)
            order by similarity desc, chunk_id
            limit amount
        ) n
        -- Asked of the best alone: of all chunks it would measure each distance twice.
        where n.similarity > match_threshold
    );
end;
$$;
comment on function private.nearest_chunks(
    private.search_scope, extensions.vector, integer, double precision, uuid, text, jsonb
) is
    'The chunks of the scope that are most similar to the query, and more than the threshold, best first: of the collection, of the model, and '
    'with metadata that contain the filter, where these are given.';
revoke all on function private.nearest_chunks(
    private.search_scope, extensions.vector, integer, double precision, uuid, text, jsonb
) from public, anon, authenticated, service_role;

create function private.check_model(scope private.search_scope, filter_collection_id uuid, query_model text) returns void
language plpgsql stable
set search_path = ''
as $$
declare
    models text;
begin
    -- Mostly there are some, and one is enough.
    if exists (
        select
        from public.documents d
        join public.document_chunks c on c.organization_id = d.organization_id and c.document_id = d.id
        where d.organization_id = any (scope.compared || scope.walked)
            and d.audience = any (scope.audiences)
            and d.deleted_at is null
            and (filter_collection_id is null or d.collection_id = filter_collection_id)
            and c.embedding is not null
            and c.embedding_model = query_model
    ) then
        return;
    end if;
    select string_agg(distinct c.embedding_model::text, ', ' order by c.embedding_model::text) into models
    from public.documents d
    join public.document_chunks c on c.organization_id = d.organization_id and c.document_id = d.id
    where d.organization_id = any (scope.compared || scope.walked)
        and d.audience = any (scope.audiences)
        and d.deleted_at is null
        and (filter_collection_id is null or d.collection_id = filter_collection_id)
        and c.embedding is not null;
    if models is not null then
        raise sqlstate 'PT400' using
            message = format('Nothing here has embeddings of the model %s', query_model),
            hint = format('The embeddings are of %s: make that of the query with the same model.', models);
    end if;
end;
$$;
comment on function private.check_model(private.search_scope, uuid, text) is
    'For a search that met no embedding of the query''s model: raises PT400 if there are some of another.';
revoke all on function private.check_model(private.search_scope, uuid, text) from public, anon, authenticated, service_role;

create function private.other_embedding_models(query_model text, filter_organization_id uuid, filter_collection_id uuid)
returns text []
language plpgsql stable
security definer
set search_path = ''
as $$
declare
    scope constant private.search_scope := private.search_scope(filter_organization_id, filter_collection_id);
    organization uuid;
    model text;
    models text [] := array[]::text [];
begin
    foreach organization in array scope.compared || scope.walked loop
        model := '';
        loop
            -- From one model to the next in their index: mostly there is one.
            select c.embedding_model::text into model
            from public.document_chunks c
            where c.organization_id = organization and c.embedding is not null and c.embedding_model > model
            order by c.embedding_model
            limit 1;
            exit when not found;
            if model <> query_model and model <> all (models) and exists (
                select
                from public.documents d
                join public.document_chunks c on c.organization_id = d.organization_id and c.document_id = d.id
                where d.organization_id = organization
                    and d.audience = any (scope.audiences)
                    and d.deleted_at is null
                    and (filter_collection_id is null or d.collection_id = filter_collection_id)
                    and c.organization_id = organization
                    and c.embedding is not null
                    and c.embedding_model = model
            ) then
                models := models || model;
            end if;
        end loop;
    end loop;
    return array(select m from unnest(models) m order by 1);
end;
$$;
comment on function private.other_embedding_models(text, uuid, uuid) is
    'What public.other_embedding_models returns, with the rights to use the indexes.';
revoke all on function private.other_embedding_models(text, uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function private.other_embedding_models(text, uuid, uuid) to authenticated, service_role;

create function public.other_embedding_models(
    query_model text, filter_organization_id uuid default null, filter_collection_id uuid default null
) returns text []
language plpgsql stable
set search_path = ''
as $$
begin
    return private.other_embedding_models(query_model, filter_organization_id, filter_collection_id);
end;
$$;
comment on function public.other_embedding_models(text, uuid, uuid) is
    'The models, besides query_model, of the embeddings that the caller may see (of one organization or collection, where it is given), in the order of the '
    'alphabet: what is of them, a search with query_model does not find by meaning. Empty where it misses nothing; see start_reembedding.';
revoke all on function public.other_embedding_models(text, uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.other_embedding_models(text, uuid, uuid) to authenticated, service_role;

create function private.search_documents(
    query_embedding extensions.vector,
    match_threshold double precision,
    match_count integer,
    filter_collection_id uuid,
    query_model text,
    filter_organization_id uuid
) returns table (
    chunk_id uuid, document_id uuid, title text, content text, chunk_index integer, similarity double precision
)
language plpgsql stable
security definer
rows 10
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
    scope private.search_scope;
    nearest private.scored_chunk [];
begin
    perform private.check_query(query_embedding, match_threshold, match_count);
    scope := private.search_scope(filter_organization_id, filter_collection_id);
    nearest := private.nearest_chunks(
        scope, query_embedding, match_count, match_threshold, filter_collection_id, query_model, '{}'
    );
    if nearest = '{}' and query_model is not null then
        perform private.check_model(scope, filter_collection_id, query_model);
    end if;
    return query
    select n.chunk_id, n.document_id, d.title, c.content, c.chunk_index, n.similarity
    from unnest(nearest) n
    join public.document_chunks c on c.organization_id = n.organization_id and c.id = n.chunk_id
    join public.documents d on d.id = n.document_id
    order by n.similarity desc, n.chunk_id;
end;
$$;
comment on function private.search_documents(extensions.vector, double precision, integer, uuid, text, uuid) is
    'What public.search_documents does, with the rights to use the indexes.';
revoke all on function private.search_documents(extensions.vector, double precision, integer, uuid, text, uuid)
    from public, anon, authenticated, service_role;
grant execute on function private.search_documents(extensions.vector, double precision, integer, uuid, text, uuid)
    to authenticated, service_role;

create function public.search_documents(
    query_embedding extensions.vector,
    match_threshold double precision default 0.7,
    match_count integer default 10,
    filter_collection_id uuid default null,
    query_model text default null,
    filter_organization_id uuid default null
) returns table (
    chunk_id uuid, document_id uuid, title text, content text, chunk_index integer, similarity double precision
)
language plpgsql stable
rows 10
set search_path = ''
as $$
begin
    return query
    select s.chunk_id, s.document_id, s.title, s.content, s.chunk_index, s.similarity
    from private.search_documents(
        query_embedding, coalesce(match_threshold, 0.7), coalesce(match_count, 10), filter_collection_id, query_model,
        filter_organization_id
    ) s;
end;
$$;
comment on function public.search_documents(extensions.vector, double precision, integer, uuid, text, uuid) is
    'The chunks that the caller may see (of one organization or collection, where it is given) whose embedding is more similar to the query than '
    'match_threshold, from -1 to 1: the match_count (1 to 1000) most similar, best first. similarity is the cosine, exact for each row. With '
    'query_model, only embeddings of that model are compared; without, all. Raises PT400 for a number out of its range, a vector of other than 384 '
    'dimensions or of length zero, and for a model that nothing here has embeddings of.';
revoke all on function public.search_documents(extensions.vector, double precision, integer, uuid, text, uuid)
    from public, anon, authenticated, service_role;
grant execute on function public.search_documents(extensions.vector, double precision, integer, uuid, text, uuid)
    to authenticated, service_role;
