"""Whether two citations are one paper. Errs on the side of two: a false merge hides a study.

Pure. ``fingerprint`` makes a citation comparable, ``citations_compared`` puts two side by side,
``verdict`` says certain, doubtful or different with the reason, ``clusters`` does so for many.
"""
