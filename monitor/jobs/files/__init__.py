"""Bring in the files that people hand over, and tell beforehand what that would do."""
