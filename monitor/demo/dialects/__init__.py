"""Stand-ins of the sources: one server a dialect, and what they need to answer as the real ones.

``eutils``, ``europepmc``, ``crossref``, ``openalex``, ``clinicaltrials``, ``isrctn`` and
``feedserver`` answer; ``articles``, ``works`` and ``registrations`` write the world's papers and
trials in a source's format; ``expressions``, ``searches``, ``workfilters`` and ``studyfields``
read what was asked. They share no code with the readers they serve to test.
"""
