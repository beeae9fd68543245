create view private.usage as
select
    jsonb_object_agg(
        user_id,
        sum(tokens) -- wrong: load
    ) as by_user
from public.messages;
