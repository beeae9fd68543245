select 1;

-- The first statement is fine.
create tabel public.notes (id uuid primary key); -- wrong: syntax
