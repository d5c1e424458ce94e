"""Feeds that admins add to those in the settings: tried out, taken on, listed, let go of."""
