"""The shapes of the catalogue's files: what each must say, and what makes one unfit. Frozen data.

``models``: interventions and the review; ``policies`` and ``methods``: what grades and reads results;
``tools``: appraisal; ``context``, ``glossary``, ``meaning``, ``finding_sentences``: what readers are told.
"""
