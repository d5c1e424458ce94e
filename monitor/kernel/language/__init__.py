"""Text: cleaned on its way in, and written for people on its way out. Pure.

``text`` is the one cleaner (``markup`` tells mark-up from signs that look like it), ``english`` the
one place for days, lists, ordinals and counts in sentences, ``uk`` for days as people here mean them.
"""
