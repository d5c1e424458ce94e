"""The form of a reading, step by step, and what comes of two of them.

``desk`` is what every step shows and keeps; ``steps`` are the study, its groups and handing in;
``results`` and ``risk`` one result and how far to trust it; ``settle`` compares two, settles and
lets count. ``reading_forms`` and ``reading_words`` turn readings into fields and words.
"""
