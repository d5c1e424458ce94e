"""The gap between evidence and use, and the ledger of changes. Draws on tier, direction and usage."""
