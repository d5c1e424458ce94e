"""Which papers belong together: registration and report, protocol, preprint, one study's reports.

``facts``, ``reports``, ``relations`` and ``overdue`` are pure; ``candidates`` says what to compare,
``propose`` writes the proposals, ``queries`` reads them for pages.
"""
