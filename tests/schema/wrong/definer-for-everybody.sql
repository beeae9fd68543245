create function public.all_messages() returns setof public.messages -- wrong: definer-executable
language sql stable
security definer
set search_path = ''
as $$
    select * from public.messages;
$$;
