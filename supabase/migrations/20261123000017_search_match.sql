-- Search as LangChain and LlamaIndex.TS call it.

create function private.match_documents(
    query_embedding extensions.vector, match_count integer, filter jsonb
) returns table (
    id uuid, content text, metadata jsonb, embedding jsonb, similarity double precision
)
language plpgsql stable
security definer
rows 10
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
    -- LangChain for Python names no count and limits the answer; more than 1000 rows the Data API does not return.
    amount constant integer := coalesce(match_count, 1000);
    scope private.search_scope;
    nearest private.scored_chunk [];
begin
    perform private.check_query(query_embedding, 0, amount);
    if jsonb_typeof(filter) <> 'object' then
        raise sqlstate 'PT400' using
            message = format('filter is a JSON %s', jsonb_typeof(filter)),
            hint = 'Send an object of what the metadata must contain, such as {"source": "handbook"}.';
    end if;
    scope := private.search_scope(null, null);
    nearest := private.nearest_chunks(scope, query_embedding, amount, '-infinity', null, null, filter);
    return query
    select
        n.chunk_id, c.content, c.metadata::jsonb,
        -- LangChain for Python takes the vector as the text that Postgres writes; both packages for JavaScript, which
        -- name a count, take an array.
        case when match_count is null then to_jsonb(c.embedding::text) else to_jsonb(c.embedding::real []) end,
        n.similarity
    from unnest(nearest) n
    join public.document_chunks c on c.organization_id = n.organization_id and c.id = n.chunk_id
    order by n.similarity desc, n.chunk_id;
end;
$$;
comment on function private.match_documents(extensions.vector, integer, jsonb) is
    'What public.match_documents does, with the rights to use the indexes.';
revoke all on function private.match_documents(extensions.vector, integer, jsonb)
    from public, anon, authenticated, service_role;
grant execute on function private.match_documents(extensions.vector, integer, jsonb) to authenticated, service_role;

create function public.match_documents(
    query_embedding extensions.vector, match_count integer default null, filter jsonb default '{}'
) returns table (
    id uuid, content text, metadata jsonb, embedding jsonb, similarity double precision
)
language plpgsql stable
rows 10
set search_path = ''
as $$
begin
    return query
    select m.id, m.content, m.metadata, m.embedding, m.similarity
    from private.match_documents(query_embedding, match_count, coalesce(filter, '{}')) m;
end;
$$;
comment on function public.match_documents(extensions.vector, integer, jsonb) is
    'The chunks that the caller may see that are most similar to the query, best first, for the Supabase vector stores of LangChain and LlamaIndex.TS. '
    'filter is an object that the metadata must contain. embedding is an array; without match_count up to 1000 come back, for the caller to limit, and '
    'embedding is a text, as LangChain for Python wants it. similarity is the cosine. To '
    'store chunks, upsert content, embedding and metadata into document_chunks. Raises PT400 as search_documents does, and for a filter that is no object.';
revoke all on function public.match_documents(extensions.vector, integer, jsonb)
    from public, anon, authenticated, service_role;
grant execute on function public.match_documents(extensions.vector, integer, jsonb) to authenticated, service_role;
