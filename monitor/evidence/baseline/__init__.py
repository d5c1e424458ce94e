"""The review's own table of studies: read, counted, its papers watched, and what holds of it now."""
