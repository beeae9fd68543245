alter table public.messages
    alter column tokens type bigint; -- wrong: squawk/changing-column-type
