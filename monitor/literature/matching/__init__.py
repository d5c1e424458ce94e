"""Which of the ten a text names, evaluates, or mentions only in passing.

Pure. ``matcher.Matcher`` finds names (``naming``: their forms; ``disambiguation``: which of them
count); ``lanes`` tells evaluated from mentioned; ``scope`` keeps what names none and may matter.
"""
