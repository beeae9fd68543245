"""An assistant that answers from the caller's documents."""
