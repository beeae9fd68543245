"""The development data of seed.sql."""
