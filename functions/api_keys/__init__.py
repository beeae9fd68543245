"""An organization's API keys: made, listed, revoked."""
