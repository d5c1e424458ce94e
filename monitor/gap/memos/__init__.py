"""Memos: the sheet of A4 that page, print and PDF share, and what it says of one intervention."""
