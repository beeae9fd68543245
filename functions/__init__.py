"""The serverless handlers: one folder each, `_shared` for what they share."""
