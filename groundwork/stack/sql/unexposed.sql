-- Without `auto_expose_new_tables`, the API roles get only what the migrations grant.
alter default privileges for role {owner} in schema public
  revoke all on tables from anon, authenticated, service_role;
alter default privileges for role {owner} in schema public
  revoke all on functions from anon, authenticated, service_role;
alter default privileges for role {owner} in schema public
  revoke all on sequences from anon, authenticated, service_role;
