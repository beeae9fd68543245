create table private.notes (
    id uuid primary key,
    organization_id uuid not null
        references public.organizations (id) -- wrong: foreign-key-index
);
