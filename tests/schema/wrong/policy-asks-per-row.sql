create policy messages_delete on public.messages
    for delete to authenticated
    using (
        auth.uid() = user_id -- wrong: per-row-auth
    );
