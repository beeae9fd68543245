create function private.double(value integer) returns integer -- wrong: function-search-path
language sql immutable
as $$
    select value * 2;
$$;
