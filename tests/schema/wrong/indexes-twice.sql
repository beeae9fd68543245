create table private.tags ( -- wrong: supabase/duplicate_index
    id uuid primary key,
    name text not null
);
create index tags_name on private.tags (name);
create index tags_by_name on private.tags (name);
