"""A person's accounts at other services: connected by OAuth, their tokens kept encrypted."""
