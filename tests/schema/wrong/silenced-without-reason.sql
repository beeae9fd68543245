-- groundwork: allow no-primary-key -- wrong: allow-without-reason
create table private.events ( -- wrong: no-primary-key
    at timestamptz not null
);
