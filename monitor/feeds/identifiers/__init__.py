"""What names a paper or a trial, in one canonical form each, and where that form leads.

Pure. ``canonical`` is the door: every scheme, and which of several are distinct; ``dois`` and
``registries`` hold the two that people write in the most ways; ``destinations`` links one outside.
"""
