"""Where the studies known here stand: which source holds which, how late each was found, and by whom.

``rules`` counts, pure; ``queries`` reads for the public page.
"""
