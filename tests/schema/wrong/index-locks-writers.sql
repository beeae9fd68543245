create index messages_created -- wrong: squawk/require-concurrent-index-creation
on public.messages (created_at);
