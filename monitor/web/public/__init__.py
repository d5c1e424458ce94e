"""Pages that everybody may read, and the mail people ask for."""
