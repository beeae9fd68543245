-- Search over the chunks that the caller may see.

create function public.search_documents(
    query_embedding extensions.vector,
    match_threshold double precision default 0.7,
    match_count integer default 10,
    filter_collection_id uuid default null
) returns table (
    chunk_id uuid, document_id uuid, title text, content text, chunk_index integer, similarity double precision
)
language sql stable
set search_path = ''
as $$
    select c.id, c.document_id, d.title, c.content, c.chunk_index, 1 - (c.embedding operator(extensions.<=>) query_embedding)
    from public.document_chunks c
    join public.documents d on d.organization_id = c.organization_id and d.id = c.document_id
    where c.embedding is not null
        and (filter_collection_id is null or d.collection_id = filter_collection_id)
        and 1 - (c.embedding operator(extensions.<=>) query_embedding) > match_threshold
    order by c.embedding operator(extensions.<=>) query_embedding
    limit match_count;
$$;
comment on function public.search_documents(extensions.vector, double precision, integer, uuid) is
    'The chunks most similar to the query, best first: similarity is the cosine, from -1 to 1.';
revoke all on function public.search_documents(extensions.vector, double precision, integer, uuid)
    from public, anon, authenticated, service_role;
grant execute on function public.search_documents(extensions.vector, double precision, integer, uuid)
    to authenticated, service_role;

create function public.hybrid_search_documents(
    query_text text,
    query_embedding extensions.vector,
    match_count integer default 10,
    filter_organization_id uuid default null,
    filter_collection_id uuid default null,
    semantic_weight double precision default 0.7,
    keyword_weight double precision default 0.3
) returns table (
    chunk_id uuid, document_id uuid, title text, content text, chunk_index integer,
    semantic_score double precision, keyword_score double precision, combined_score double precision
)
language sql stable
set search_path = ''
as $$
    select s.id, s.document_id, s.title, s.content, s.chunk_index, s.semantic, s.keyword,
        semantic_weight * s.semantic + keyword_weight * s.keyword as combined
    from (
        select c.id, c.document_id, d.title, c.content, c.chunk_index,
            coalesce(1 - (c.embedding operator(extensions.<=>) query_embedding), 0) as semantic,
            ts_rank_cd(c.search_vector, websearch_to_tsquery('english', query_text))::double precision as keyword
        from public.document_chunks c
        join public.documents d on d.organization_id = c.organization_id and d.id = c.document_id
        where (filter_organization_id is null or c.organization_id = filter_organization_id)
            and (filter_collection_id is null or d.collection_id = filter_collection_id)
    ) s
    order by combined desc
    limit match_count;
$$;
comment on function public.hybrid_search_documents(
    text, extensions.vector, integer, uuid, uuid, double precision, double precision
) is 'The best chunks by the weighted sum of semantic and keyword score, best first.';
revoke all on function public.hybrid_search_documents(
    text, extensions.vector, integer, uuid, uuid, double precision, double precision
) from public, anon, authenticated, service_role;
grant execute on function public.hybrid_search_documents(
    text, extensions.vector, integer, uuid, uuid, double precision, double precision
) to authenticated, service_role;
