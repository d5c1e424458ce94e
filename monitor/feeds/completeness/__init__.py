"""Is anything missing? What proves it, day by day.

``proof`` and ``verdicts`` are the rules (pure), ``comparison`` lists a source in full, ``days``
answers for one UK day, ``wording`` says it in words.
"""
