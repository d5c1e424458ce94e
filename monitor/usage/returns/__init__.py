"""Services' own returns: who is on the list, what each answered through its link, and the wave it makes.

``services_list`` (pure) reads the list that is brought, ``rules`` (pure) says what an answer must be,
``building`` (pure) makes a wave of answers. ``service`` keeps the list and opens and closes a
collection, ``inviting`` says who is asked next, ``answering`` is what a link may do, ``linked``
compares those who answered twice, ``retention`` lets go. Queuing mail and closing with a wave stand in the story (``monitor.collecting``).
"""
