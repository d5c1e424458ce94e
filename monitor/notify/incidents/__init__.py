"""Trouble told to the admins: with a source, or with the mail itself."""
