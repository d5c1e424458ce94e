"""How a study was done, as its own words tell it: design, sample, ages, places, measures.

Pure. ``detection.detect`` is the door: a label, a score and suggestions with their sentences.
``rules`` finds the label, ``trial_score`` weighs cues for a randomised trial, ``notices`` tells
notices of other papers apart. A suggestion, never a decision.
"""
