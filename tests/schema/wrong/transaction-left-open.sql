begin; -- wrong: transaction-control
create table public.notes (id uuid primary key); -- wrong: no-rls
savepoint here; -- wrong: transaction-control
