insert into public.messages (user_id, content)
values (
    '00000000-0000-4000-8000-000000000001'
    auth.uid() -- wrong: syntax
);
