"""Text made comparable: folded for look-ups, parted into sentences, two texts word by word.

Pure, and knows nothing of papers or interventions. Everything after this package reads text
through it.
"""
