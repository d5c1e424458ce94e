"""Records as they are kept: written once, read again, let go of when a newer version is old enough.

``storing`` keeps a whole answer; ``citations`` is a citation as JSON and its hash (pure);
``replaying`` reads kept records with today's readers; ``retention`` empties old versions.
"""
