create function private.hash_it(secret text) returns text
language plpgsql
set search_path = ''
as $$
begin
    return digst(secret, 'sha256'); -- wrong: function-body
end;
$$;
