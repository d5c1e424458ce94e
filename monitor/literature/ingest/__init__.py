"""Records on their way in, many at once; and records read again after a rule was mended."""
