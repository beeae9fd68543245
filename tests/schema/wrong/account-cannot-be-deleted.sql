create table private.notes (
    id uuid primary key,
    author uuid references auth.users (id) -- wrong: blocks-account-deletion
);
create index notes_author on private.notes (author);
