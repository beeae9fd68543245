create policy organizations_update on public.organizations -- wrong: open-to-anon
    for update to anon using (name <> '');
