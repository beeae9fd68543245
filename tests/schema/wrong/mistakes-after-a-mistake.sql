create table private.notes (
    id uuid primary key,
    kind note_kind not null -- wrong: load
);
-- What names what is missing for that is not told of again.
alter table private.notes enable row level security;
create index notes_kind on private.notes (kind);
create view private.loud_notes as select n.id from private.notes n;
grant select on private.loud_notes to authenticated;

create type private.mood as enum ('good' 'bad'); -- wrong: syntax
create table private.days (id uuid primary key);
alter table private.days add column mood private.mood;
create index days_mood on private.days (mood);
comment on column private.days.mood is 'How it was.';

-- What has nothing to do with it is.
create index days_subject on private.days (subject); -- wrong: load
grant select on private.nots to authenticated; -- wrong: load
alter table private.days add foreign key (id) references public.rooms; -- wrong: load
