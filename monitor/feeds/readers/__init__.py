"""Formats of the sources: bytes to records. Pure; asks nobody."""
