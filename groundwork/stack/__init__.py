"""The local stack: the API of a Supabase project, from real parts, without Docker.

Where to look: `lifecycle` starts, stops and resets an instance; `parts` says what runs; `bootstrap` makes an
empty database what a Supabase project's database is; `migrations` lets the Supabase CLI bring it up to date.
"""
