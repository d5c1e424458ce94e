"""What is under every stand-in, whatever it speaks: the wire, the log, and scripted faults.

``server`` is the door; ``wire`` is HTTP, ``exchange`` a request and its reply, ``limits`` the
allowance of a caller, ``faults`` everything that can go wrong.
"""
