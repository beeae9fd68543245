select id
    content -- a column's new name, where the seed means two columns
    tokens -- wrong: syntax
from public.messages;
