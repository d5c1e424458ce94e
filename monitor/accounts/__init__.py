"""People who sign in, their sessions and their one-time links."""
