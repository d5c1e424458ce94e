"""Is everything healthy? Read models of sources, jobs, queue and outbox, in words."""
