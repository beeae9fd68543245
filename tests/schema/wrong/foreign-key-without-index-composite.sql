create table private.notes (
    id uuid primary key,
    organization_id uuid not null,
    author uuid not null,
    foreign key (organization_id, author) -- wrong: foreign-key-index
        references public.members (organization_id, user_id)
);
