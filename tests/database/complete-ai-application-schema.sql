-- The SQL of the document that the product was asked for, complete-ai-application-schema.md, as it stands there, with the
-- missing commas put in and nothing else changed. tests/database/test_seed_sql.py runs it.

-- ## Data Flow Example

-- 1. User signup (handled by Supabase Auth)
-- Automatically triggers user_profiles and user_preferences creation

-- 2. Create organization
insert into organizations (name, slug, created_by)
values ('Acme AI Corp', 'acme-ai', auth.uid())
returning id;

-- 3. Add team member
insert into organization_members (organization_id, user_id, role)
values ('<org-id>', '<user-id>', 'member');

-- 4. Create conversation
insert into conversations (title, created_by, type)
values ('Project Discussion', auth.uid(), 'group')
returning id;

-- 5. Add participants
insert into conversation_participants (conversation_id, user_id)
values
    ('<conv-id>', auth.uid()),
    ('<conv-id>', '<other-user-id>');

-- 6. Send message
insert into messages (conversation_id, user_id, content)
values ('<conv-id>', auth.uid(), 'Hello team!');

-- 7. Upload document for RAG
insert into documents (title, content, created_by, collection_id)
values (
    'Product Requirements',
    'Our AI product needs...',
    auth.uid(),
    '<collection-id>'
)
returning id;

-- 8. Create document chunks with embeddings
insert into document_chunks (document_id, content, chunk_index, embedding)
values (
    '<doc-id>',
    'Our AI product needs real-time chat',
    0,
    '<embedding-vector>'
);

-- 9. Perform semantic search
select * from search_documents(
    '<query-embedding>'::vector(384),
    0.7,  -- similarity threshold
    10,   -- max results
    '<collection-id>'
);

-- 10. Track API usage
insert into api_usage (
    user_id,
    organization_id,
    endpoint,
    model_name,
    tokens_input,
    tokens_output,
    cost_usd
)
values (
    auth.uid(),
    '<org-id>',
    '/chat/completions',
    'gpt-4',
    1500,
    500,
    0.06
);

-- ## User Dashboard Stats

-- Get user's complete dashboard data
select
    -- User info
    u.email,
    up.full_name,
    up.avatar_url,
    -- Organization membership
    (
        select jsonb_agg(jsonb_build_object(
            'id', o.id,
            'name', o.name,
            'role', om.role
        ))
        from organizations o
        join organization_members om on om.organization_id = o.id
        where om.user_id = u.id
    ) as organizations,
    -- Conversation count
    (
        select count(distinct c.id)
        from conversations c
        join conversation_participants cp on cp.conversation_id = c.id
        where cp.user_id = u.id
    ) as conversation_count,
    -- Unread messages
    (
        select count(*)
        from messages m
        join conversation_participants cp on cp.conversation_id = m.conversation_id
        where cp.user_id = u.id
          and m.created_at > coalesce(cp.last_read_at, '1970-01-01'::timestamp)
          and m.user_id != u.id
    ) as unread_count,
    -- Document count
    (
        select count(*)
        from documents d
        where d.created_by = u.id
          and d.deleted_at is null
    ) as document_count,
    -- Usage this month
    (
        select jsonb_build_object(
            'tokens', sum(tokens_used),
            'cost_usd', sum(cost_usd),
            'requests', count(*)
        )
        from api_usage
        where user_id = u.id
          and created_at >= date_trunc('month', now())
    ) as usage_this_month

from auth.users u
left join user_profiles up on up.user_id = u.id
where u.id = auth.uid();

-- ## Organization Analytics

-- Get organization-wide analytics
select
    o.name,
    o.plan_type,
    -- Member count
    (select count(*) from organization_members where organization_id = o.id) as member_count,
    -- Team count
    (select count(*) from teams where organization_id = o.id) as team_count,
    -- Total conversations
    (
        select count(*)
        from conversations c
        join conversation_participants cp on cp.conversation_id = c.id
        join organization_members om on om.user_id = cp.user_id
        where om.organization_id = o.id
    ) as total_conversations,
    -- Total documents
    (
        select count(*)
        from documents d
        join organization_members om on om.user_id = d.created_by
        where om.organization_id = o.id
          and d.deleted_at is null
    ) as total_documents,
    -- Usage this month
    (
        select jsonb_build_object(
            'tokens', sum(tokens_used),
            'cost_usd', sum(cost_usd),
            'requests', count(*),
            'by_user', jsonb_object_agg(u.email, user_usage)
        )
        from (
            select
                user_id,
                jsonb_build_object(
                    'tokens', sum(tokens_used),
                    'cost', sum(cost_usd)
                ) as user_usage
            from api_usage
            where organization_id = o.id
              and created_at >= date_trunc('month', now())
            group by user_id
        ) usage
        join auth.users u on u.id = usage.user_id
    ) as usage_this_month

from organizations o
where o.id = '<org-id>';

-- ## RAG Search with Context

-- Hybrid search across user's documents
select
    dc.id as chunk_id,
    d.id as document_id,
    d.title,
    dc.content,
    dc.chunk_index,
    -- Semantic similarity
    1 - (dc.embedding <=> '<query-embedding>'::vector(384)) as semantic_score,
    -- Keyword relevance
    ts_rank_cd(
        to_tsvector('english', dc.content),
        plainto_tsquery('english', '<search-query>')
    ) as keyword_score,
    -- Combined score
    (
        (1 - (dc.embedding <=> '<query-embedding>'::vector(384))) * 0.7 +
        ts_rank_cd(
            to_tsvector('english', dc.content),
            plainto_tsquery('english', '<search-query>')
        ) * 0.3
    ) as combined_score

from document_chunks dc
join documents d on d.id = dc.document_id
join organization_members om on om.user_id = d.created_by
where om.organization_id = '<org-id>'
  and d.deleted_at is null
  and (
      1 - (dc.embedding <=> '<query-embedding>'::vector(384)) > 0.7
      or to_tsvector('english', dc.content) @@ plainto_tsquery('english', '<search-query>')
  )
order by combined_score desc
limit 10;

-- ## Regular Tasks

-- Cleanup expired sessions (daily)
select cleanup_expired_sessions();

-- Cleanup old typing indicators (every 5 minutes)
select cleanup_typing_indicators();

-- Aggregate usage summaries (hourly)
select aggregate_usage_summary('hour');

-- Generate daily/monthly summaries
select aggregate_usage_summary('day');
select aggregate_usage_summary('month');

-- ## Health Checks

-- Check for missing indexes
select
    schemaname,
    tablename,
    indexname
from pg_indexes
where schemaname = 'public'
order by tablename, indexname;

-- Check table sizes
select
    schemaname,
    tablename,
    pg_size_pretty(pg_total_relation_size(schemaname||'.'||tablename)) as size
from pg_tables
where schemaname = 'public'
order by pg_total_relation_size(schemaname||'.'||tablename) desc;

-- Check RLS policies
select
    schemaname,
    tablename,
    policyname,
    cmd
from pg_policies
where schemaname = 'public'
order by tablename, policyname;
