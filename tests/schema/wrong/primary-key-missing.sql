create table private.events ( -- wrong: no-primary-key
    at timestamptz not null,
    what text not null
);
