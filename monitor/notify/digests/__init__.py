"""Digests: what one mail for a period says, and for whom one is due."""
