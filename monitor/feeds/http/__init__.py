"""The only way out: polite, bounded, checked.

``client`` sends; ``pacing`` gives turns to a host, ``addresses`` and ``connections`` look whom they
reach, ``failures`` tells why there was no reply.
"""
