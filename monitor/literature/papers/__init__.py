"""Papers as they are kept: read from their records, resolved, merged, and made two again.

``reading`` gathers all that the rules read from a citation; ``resolve`` finds a record's paper,
``precedence`` whose word counts, ``reconcile`` keeps a paper in line with its records;
``merging``, ``unmerge`` and ``linking`` join them; ``queries`` reads for pages.
"""
