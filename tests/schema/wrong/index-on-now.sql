create index messages_fresh
on public.messages (user_id)
where created_at > now() - interval '1 day'; -- wrong: load
