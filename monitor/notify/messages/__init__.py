"""The outbox: queue a message, claim it, record its fate, and what an admin does with it."""
