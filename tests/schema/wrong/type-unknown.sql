create table private.notes (
    id uuid primary key,
    body txt -- wrong: load
);
