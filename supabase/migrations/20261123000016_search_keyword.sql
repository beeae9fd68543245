-- Keyword search, and hybrid search of both kinds.

create function private.check_words(query_text text, match_count integer) returns void
language plpgsql immutable
set search_path = ''
as $$
begin
    if match_count not between 1 and 1000 then
        raise sqlstate 'PT400' using
            message = format('match_count is %s', match_count), hint = 'Ask for 1 to 1000 results.';
    end if;
    if query_text is null or query_text !~ '[^[:space:]]' then
        raise sqlstate 'PT400' using
            message = 'query_text is empty', hint = 'Say what to look for; search_documents searches by an embedding alone.';
    end if;
    if octet_length(query_text) > 10000 then
        raise sqlstate 'PT400' using
            message = 'query_text is longer than 10000 bytes', hint = 'Ask with the words that matter.';
    end if;
end;
$$;
comment on function private.check_words(text, integer) is 'Raises PT400 for a text that nothing can be found by.';
revoke all on function private.check_words(text, integer) from public, anon, authenticated, service_role;

create function private.search_queries(scope private.search_scope, query_text text)
returns table (language text, query tsquery)
language plpgsql stable
rows 2
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
    return query
    select a.language, a.query
    from (
        select l.language, websearch_to_tsquery(l.language::regconfig, private.without_minus(query_text))
        from (
            select private.default_search_language()
            union
            select c.language::text
            from public.document_collections c
            where c.organization_id = any (scope.compared || scope.walked) and c.deleted_at is null
        ) l (language)
    ) a (language, query)
    -- Words that every text has, and exclusions alone, find nothing.
    where querytree(a.query) not in ('', 'T');
end;
$$;
comment on function private.search_queries(private.search_scope, text) is
    'What a text asks for, in each language of the scope''s collections.';
revoke all on function private.search_queries(private.search_scope, text) from public, anon, authenticated, service_role;

create function private.matching_chunks(
    scope private.search_scope, query_text text, amount integer, filter_collection_id uuid
) returns private.scored_chunk []
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set jit = off
as $$
declare
    found_chunks private.scored_chunk [] := array[]::private.scored_chunk [];
    more private.scored_chunk [];
    spoken text;
    asked tsquery;
    bucket integer;
    organizations uuid [];
begin
    for spoken, asked in select q.language, q.query from private.search_queries(scope, query_text) q loop
        for bucket, organizations in
            select get_byte(uuid_send(o.id), 15) & 31, array_agg(o.id) from unnest(scope.walked) o (id) group by 1
        loop
            execute format(
                $match$
                    select array_agg((m.organization_id, m.chunk_id, m.document_id, null, m.keyword)::private.scored_chunk)
                    from (
                        select
                            w.organization_id, w.chunk_id, w.document_id,
                            ts_rank(w.search_vector, $1, 32)::double precision as keyword
                        from private.chunk_words w
                        -- `offset 0` keeps to one way: from each chunk that has the words to its document.
                        cross join lateral (
                            select
                            from public.documents d
                            where d.id = w.document_id
                                and d.audience = any ($4)
                                and d.deleted_at is null
                                and ($5 is null or d.collection_id = $5)
                            offset 0
                        ) d
                        where (get_byte(uuid_send(w.organization_id), 15) & 31) = %1$s
                            and w.search_vector @@ $1
                            and w.language = $2
                            and w.organization_id = any ($3)
                        order by keyword desc, w.chunk_id
                        limit $6
                    ) m
                $match$,
                bucket
            )
            into more
            using asked, spoken, organizations, scope.audiences, filter_collection_id, amount;
            found_chunks := found_chunks || more;
        end loop;
        found_chunks := found_chunks || array(
            select (
                w.organization_id, w.chunk_id, w.document_id, null,
                ts_rank(w.search_vector, asked, 32)::double precision
            )::private.scored_chunk
            from public.documents d
            cross join lateral (
                select w.organization_id, w.chunk_id, w.document_id, w.search_vector
                from private.chunk_words w
                where w.organization_id = d.organization_id
                    and w.document_id = d.id
                    and w.language = spoken
                    and w.search_vector @@ asked
                offset 0
            ) w
            where d.organization_id = any (scope.compared)
                and d.audience = any (scope.audiences)
                and d.deleted_at is null
                and (filter_collection_id is null or d.collection_id = filter_collection_id)
        );
    end loop;
    return array(select f from unnest(found_chunks) f order by f.keyword desc, f.chunk_id limit amount);
end;
$$;
comment on function private.matching_chunks(private.search_scope, text, integer, uuid) is
    'The chunks of the scope that have the words of the text, best first, all of them where the amount is null. The keyword score is ts_rank '
    'with the weights 1 for the title, 0.4 for the body and 0.1 for parts of identifiers, brought into 0 to 1 as rank / (rank + 1).';
revoke all on function private.matching_chunks(private.search_scope, text, integer, uuid)
    from public, anon, authenticated, service_role;

create function private.with_similarity(
    chunks private.scored_chunk [], query_embedding extensions.vector, query_model text
) returns private.scored_chunk []
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set jit = off
as $$
begin
    return array(
        select (
            f.organization_id, f.chunk_id, f.document_id,
            case when query_model is null or c.embedding_model = query_model
                then coalesce(1 - (c.embedding operator(extensions.<=>) query_embedding), 0)
                else 0
            end,
            f.keyword
        )::private.scored_chunk
        from unnest(chunks) f
        cross join lateral (
            select c.embedding, c.embedding_model
            from public.document_chunks c
            where c.organization_id = f.organization_id and c.id = f.chunk_id
            offset 0
        ) c
    );
end;
$$;
comment on function private.with_similarity(private.scored_chunk [], extensions.vector, text) is
    'The chunks with their similarity to the query, 0 where there is no embedding of its model.';
revoke all on function private.with_similarity(private.scored_chunk [], extensions.vector, text)
    from public, anon, authenticated, service_role;

create function private.words_of(query tsquery) returns tsquery []
language sql immutable parallel safe
set search_path = ''
as $$
    -- The first of them say what a long text is about, and bound what comparing them costs.
    select array_agg(distinct q.word)
    from (
        select m.word [1]::tsquery
        from regexp_matches(querytree(query), $lexeme$'(?:[^']|'')*'$lexeme$, 'g') m (word)
        limit 64
    ) q (word);
$$;
comment on function private.words_of(tsquery) is 'The words of a query, each as a query, without what it excludes; of a long one the first 64.';
revoke all on function private.words_of(tsquery) from public, anon, authenticated, service_role;

create function private.shares_of_words(
    scope private.search_scope, query_text text, chunks private.scored_chunk []
) returns table (chunk_id uuid, share double precision)
language plpgsql stable
rows 100
set search_path = ''
set plan_cache_mode = force_generic_plan
set jit = off
as $$
#variable_conflict use_column
begin
    return query
    select w.chunk_id, count(*) filter (where w.search_vector @@ a.word)::double precision / count(*)
    from unnest(chunks) f
    cross join lateral (
        select w.chunk_id, w.language, w.search_vector
        from private.chunk_words w
        where w.organization_id = f.organization_id and w.chunk_id = f.chunk_id
        offset 0
    ) w
    join (
        select q.language, u.word
        from private.search_queries(scope, query_text) q
        cross join unnest(private.words_of(q.query)) u (word)
    ) a on a.language = w.language
    group by w.chunk_id;
end;
$$;
comment on function private.shares_of_words(private.search_scope, text, private.scored_chunk []) is
    'Which share of the words of a text each chunk has, by its language: 1 is all of them. A question has words that no answer has.';
revoke all on function private.shares_of_words(private.search_scope, text, private.scored_chunk [])
    from public, anon, authenticated, service_role;

create function private.contenders(
    nearest private.scored_chunk [],
    matching private.scored_chunk [],
    amount integer,
    query_embedding extensions.vector,
    query_model text,
    semantic_weight double precision,
    keyword_weight double precision
) returns private.scored_chunk []
language plpgsql stable
set search_path = ''
as $$
declare
    -- The similarity of so many is looked up without more ado.
    few constant integer := 500;
    -- What is not among the nearest is no more similar than the last of them, or has no embedding, which counts as 0. Where they are
    -- not full, only the latter is left.
    at_most constant double precision := case when cardinality(nearest) < amount then 0
        else (select greatest(min(n.similarity), 0) from unnest(nearest) n)
    end;
    good_enough double precision;
begin
    if cardinality(matching) > few then
        -- What the best by words reach together with the nearest, that a chunk must be able to reach.
        select min(b.combined) into good_enough
        from (
            select semantic_weight * max(s.similarity) + keyword_weight * max(s.keyword) as combined
            from (
                select n.chunk_id, n.similarity, coalesce(m.keyword, 0) as keyword
                from unnest(nearest) n
                left join unnest(matching) m on m.chunk_id = n.chunk_id
                union all
                select t.chunk_id, t.similarity, t.keyword
                from unnest(private.with_similarity(matching [1 : 5 * amount], query_embedding, query_model)) t
            ) s
            group by s.chunk_id
            order by combined desc
            limit amount
        ) b;
        matching := array(
            select m
            from unnest(matching) m
            where (
                -- Without a weight of their own, words only fill a list that the nearest do not.
                (keyword_weight > 0 or cardinality(nearest) < amount)
                and semantic_weight * at_most + keyword_weight * m.keyword >= good_enough
            )
                or m.chunk_id = any (array(select n.chunk_id from unnest(nearest) n))
        );
    end if;
    return private.with_similarity(matching, query_embedding, query_model);
end;
$$;
comment on function private.contenders(
    private.scored_chunk [], private.scored_chunk [], integer, extensions.vector, text, double precision, double precision
) is
    'Of the chunks that have the words, best first, those that can be among the best so many by the weighted sum, with their similarity: a '
    'common word is in thousands, and looking up the vectors of all would take most of the time (after the threshold algorithm of Fagin et al. 2001).';
revoke all on function private.contenders(
    private.scored_chunk [], private.scored_chunk [], integer, extensions.vector, text, double precision, double precision
) from public, anon, authenticated, service_role;

create function private.keyword_search_documents(
    query_text text, match_count integer, filter_organization_id uuid, filter_collection_id uuid
) returns table (
    chunk_id uuid, document_id uuid, title text, content text, chunk_index integer, keyword_score double precision
)
language plpgsql stable
security definer
rows 10
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
    matching private.scored_chunk [];
begin
    perform private.check_words(query_text, match_count);
    matching := private.matching_chunks(
        private.search_scope(filter_organization_id, filter_collection_id), query_text, match_count, filter_collection_id
    );
    return query
    select m.chunk_id, m.document_id, d.title, c.content, c.chunk_index, m.keyword
    from unnest(matching) m
    join public.document_chunks c on c.organization_id = m.organization_id and c.id = m.chunk_id
    join public.documents d on d.id = m.document_id
    order by m.keyword desc, m.chunk_id;
end;
$$;
comment on function private.keyword_search_documents(text, integer, uuid, uuid) is
    'What public.keyword_search_documents does, with the rights to use the indexes.';
revoke all on function private.keyword_search_documents(text, integer, uuid, uuid)
    from public, anon, authenticated, service_role;
grant execute on function private.keyword_search_documents(text, integer, uuid, uuid) to authenticated, service_role;

create function public.keyword_search_documents(
    query_text text,
    match_count integer default 10,
    filter_organization_id uuid default null,
    filter_collection_id uuid default null
) returns table (
    chunk_id uuid, document_id uuid, title text, content text, chunk_index integer, keyword_score double precision
)
language plpgsql stable
rows 10
set search_path = ''
as $$
begin
    return query
    select s.chunk_id, s.document_id, s.title, s.content, s.chunk_index, s.keyword_score
    from private.keyword_search_documents(
        query_text, coalesce(match_count, 10), filter_organization_id, filter_collection_id
    ) s;
end;
$$;
comment on function public.keyword_search_documents(text, integer, uuid, uuid) is
    'The chunks that the caller may see (of one organization or collection, where it is given) that have the words of query_text, in the syntax of '
    'websearch_to_tsquery and the language of each chunk''s collection: the match_count (1 to 1000) best, best first. keyword_score is ts_rank with '
    'weights 1 for the title, 0.4 for the body and 0.1 for parts of identifiers, as rank / (rank + 1), so below 1. Words that every text has, and exclusions '
    'alone, find nothing. Raises PT400 for an empty text, or a match_count out of its range.';
revoke all on function public.keyword_search_documents(text, integer, uuid, uuid)
    from public, anon, authenticated, service_role;
grant execute on function public.keyword_search_documents(text, integer, uuid, uuid) to authenticated, service_role;

create function private.hybrid_search_documents(
    query_text text,
    query_embedding extensions.vector,
    match_count integer,
    filter_organization_id uuid,
    filter_collection_id uuid,
    semantic_weight double precision,
    keyword_weight double precision,
    fusion text,
    query_model text
) returns table (
    chunk_id uuid, document_id uuid, title text, content text, chunk_index integer,
    semantic_score double precision, keyword_score double precision, combined_score double precision
)
language plpgsql stable
security definer
rows 10
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_variable
declare
    depth constant integer := case fusion when 'weighted' then match_count else greatest(100, 2 * match_count) end;
    keyword_share constant double precision := keyword_weight / nullif(semantic_weight + keyword_weight, 0);
    scope private.search_scope;
    nearest private.scored_chunk [];
    matching private.scored_chunk [];
begin
    perform private.check_query(query_embedding, 0, match_count);
    perform private.check_words(query_text, match_count);
    if not (semantic_weight >= 0 and keyword_weight >= 0 and semantic_weight + keyword_weight > 0)
        or semantic_weight + keyword_weight >= 'infinity'
    then
        raise sqlstate 'PT400' using
            message = format('The weights are %s and %s', semantic_weight, keyword_weight),
            hint = 'Neither may be negative, and one at least must be above zero.';
    end if;
    if fusion not in ('weighted', 'rrf', 'coverage') then
        raise sqlstate 'PT400' using
            message = format('fusion is %s', quote_literal(fusion)), hint = 'Use weighted, rrf or coverage.';
    end if;
    scope := private.search_scope(filter_organization_id, filter_collection_id);
    nearest := private.nearest_chunks(
        scope, query_embedding, depth, '-infinity', filter_collection_id, query_model, '{}'
    );
    if nearest = '{}' and query_model is not null then
        perform private.check_model(scope, filter_collection_id, query_model);
    end if;
    if fusion = 'weighted' then
        -- Of two chunks without the words the more similar one is better, so the best match_count of these are among the nearest; and
        -- the best match_count of those with the words are among the contenders. More is not needed.
        matching := private.contenders(
            nearest, private.matching_chunks(scope, query_text, null, filter_collection_id),
            match_count, query_embedding, query_model, semantic_weight, keyword_weight
        );
        return query
        select f.chunk_id, f.document_id, d.title, c.content, c.chunk_index, f.similarity, f.keyword, f.combined
        from (
            select
                b.organization_id, b.chunk_id, b.document_id, max(b.similarity) as similarity, max(b.keyword) as keyword,
                semantic_weight * max(b.similarity) + keyword_weight * max(b.keyword) as combined
            from (
                select n.organization_id, n.chunk_id, n.document_id, n.similarity, 0 as keyword from unnest(nearest) n
                union all
                select m.organization_id, m.chunk_id, m.document_id, m.similarity, m.keyword from unnest(matching) m
            ) b
            group by b.organization_id, b.chunk_id, b.document_id
        ) f
        join public.document_chunks c on c.organization_id = f.organization_id and c.id = f.chunk_id
        join public.documents d on d.id = f.document_id
        order by f.combined desc, f.chunk_id
        limit match_count;
    else
        matching := private.with_similarity(
            private.matching_chunks(scope, query_text, depth, filter_collection_id), query_embedding, query_model
        );
        return query
        select f.chunk_id, f.document_id, d.title, c.content, c.chunk_index, f.similarity, k.keyword, f.combined
        from (
            select
                b.organization_id, b.chunk_id, b.document_id, max(b.similarity) as similarity, max(b.keyword) as keyword,
                case fusion
                    when 'rrf' then sum(b.points)
                    else 1 - (1 - max(b.similarity)) * (1 - keyword_share * coalesce(max(s.share), 0))
                end as combined
            from (
                select
                    n.organization_id, n.chunk_id, n.document_id, n.similarity, n.keyword,
                    semantic_weight / (60 + rank() over (order by n.similarity desc)) as points
                from unnest(nearest) n
                union all
                select
                    m.organization_id, m.chunk_id, m.document_id, m.similarity, m.keyword,
                    keyword_weight / (60 + rank() over (order by m.keyword desc)) as points
                from unnest(matching) m
            ) b
            left join private.shares_of_words(
                scope, query_text, case fusion when 'coverage' then nearest || matching end
            ) s on s.chunk_id = b.chunk_id
            group by b.organization_id, b.chunk_id, b.document_id
            order by combined desc, b.chunk_id
            limit match_count
        ) f
        join public.document_chunks c on c.organization_id = f.organization_id and c.id = f.chunk_id
        join public.documents d on d.id = f.document_id
        join private.chunk_words w on w.organization_id = f.organization_id and w.chunk_id = f.chunk_id
        left join private.search_queries(scope, query_text) q on q.language = w.language
        cross join lateral (
            -- A chunk among the nearest may have the words too, if not among the first.
            select coalesce(
                f.keyword,
                case when w.search_vector @@ q.query then ts_rank(w.search_vector, q.query, 32)::double precision end,
                0
            ) as keyword
        ) k
        order by f.combined desc, f.chunk_id;
    end if;
end;
$$;
comment on function private.hybrid_search_documents(
    text, extensions.vector, integer, uuid, uuid, double precision, double precision, text, text
) is 'What public.hybrid_search_documents does, with the rights to use the indexes.';
revoke all on function private.hybrid_search_documents(
    text, extensions.vector, integer, uuid, uuid, double precision, double precision, text, text
) from public, anon, authenticated, service_role;
grant execute on function private.hybrid_search_documents(
    text, extensions.vector, integer, uuid, uuid, double precision, double precision, text, text
) to authenticated, service_role;

create function public.hybrid_search_documents(
    query_text text,
    query_embedding extensions.vector,
    match_count integer default 10,
    filter_organization_id uuid default null,
    filter_collection_id uuid default null,
    semantic_weight double precision default 0.7,
    keyword_weight double precision default 0.3,
    fusion text default 'weighted',
    query_model text default null
) returns table (
    chunk_id uuid, document_id uuid, title text, content text, chunk_index integer,
    semantic_score double precision, keyword_score double precision, combined_score double precision
)
language plpgsql stable
rows 10
set search_path = ''
as $$
begin
    return query
    select
        s.chunk_id, s.document_id, s.title, s.content, s.chunk_index, s.semantic_score, s.keyword_score, s.combined_score
    from private.hybrid_search_documents(
        query_text, query_embedding, coalesce(match_count, 10), filter_organization_id, filter_collection_id,
        coalesce(semantic_weight, 0.7), coalesce(keyword_weight, 0.3), coalesce(fusion, 'weighted'), query_model
    ) s;
end;
$$;
comment on function public.hybrid_search_documents(
    text, extensions.vector, integer, uuid, uuid, double precision, double precision, text, text
) is
    'The best match_count (1 to 1000) of the chunks that the caller may see (of one organization or collection, where it is given) by meaning and '
    'words together, best first. query_text is in the syntax of websearch_to_tsquery, read in the language of each chunk''s collection. semantic_score is '
    'the cosine, from -1 to 1 (0 without an embedding of query_model); keyword_score is ts_rank with weights 1 for the title, 0.4 for the body and 0.1 for '
    'parts of identifiers, as rank / (rank + 1), so below 1 (0 where the words are not). With fusion weighted, combined_score is semantic_weight * '
    'semantic_score + keyword_weight * keyword_score, over all chunks that have an embedding or the words. With rrf it is '
    'semantic_weight / (60 + rank by similarity) + keyword_weight / (60 + rank by words), over the first 100 (or twice match_count) of each list, equal '
    'scores sharing a rank (Cormack, Clarke and Buettcher 2009). With coverage, which suits questions, the same chunks are ordered by '
    '1 - (1 - semantic_score) * (1 - k * the share of the words that the chunk has), where k is keyword_weight / (semantic_weight + keyword_weight): words '
    'cut what a chunk is away from the question. Raises PT400 as search_documents does, and for an empty text, weights that are '
    'negative or both zero, or another fusion.';
revoke all on function public.hybrid_search_documents(
    text, extensions.vector, integer, uuid, uuid, double precision, double precision, text, text
) from public, anon, authenticated, service_role;
grant execute on function public.hybrid_search_documents(
    text, extensions.vector, integer, uuid, uuid, double precision, double precision, text, text
) to authenticated, service_role;
