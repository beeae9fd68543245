"""The handler ingest, and the worker that does what it queues."""
