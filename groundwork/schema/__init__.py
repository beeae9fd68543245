"""Tools for the schema in supabase/migrations."""
