"""Invitations to an organization: sent by mail, listed, accepted, withdrawn."""
