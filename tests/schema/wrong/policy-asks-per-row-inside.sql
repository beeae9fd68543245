create policy messages_update on public.messages
    for update to authenticated
    using (exists (
        select from public.members m
        where m.user_id = auth.uid() -- wrong: per-row-auth
    ));
