create view private.loud as
select m.id
from public.mesages m; -- wrong: load
