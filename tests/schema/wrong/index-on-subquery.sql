create index messages_organization on public.messages (
    (select m.organization_id from public.members m where m.user_id = messages.user_id limit 1) -- wrong: syntax
);
