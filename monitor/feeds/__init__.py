"""Sources, polling and polite HTTP. Brings records as sent; decides nothing about them.

A record passes through the rooms in this order: ``http`` reaches a host, ``readers`` read its
format, ``identifiers`` make one paper's names one, ``sources`` say what to ask, ``storage`` keeps
what came, ``completeness`` proves that nothing was missed; ``files`` and ``added`` are for what
people bring. ``service`` holds a source while it is asked, ``incidents`` tell of trouble.
"""
