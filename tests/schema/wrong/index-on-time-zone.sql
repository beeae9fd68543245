create table private.days (id uuid primary key, at timestamptz not null);
create index days_day on private.days ((at::date)); -- wrong: load
