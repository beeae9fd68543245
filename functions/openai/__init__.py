"""A gateway that speaks OpenAI's protocol: keys, limits and the ledger before any provider."""
