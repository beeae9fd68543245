create table public.notes ( -- wrong: no-rls
    id uuid primary key,
    body text
);
