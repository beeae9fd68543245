alter table public.messages
    add constraint tokens_are_plausible check (tokens >= 0); -- wrong: squawk/constraint-missing-not-valid
