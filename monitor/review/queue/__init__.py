"""The queue: what is in it, its lanes and order, and screening."""
