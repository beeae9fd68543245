create policy messages_read on public.messages -- wrong: open-to-anon
    for insert with check (true);
