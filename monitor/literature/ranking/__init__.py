"""The order of the queue: a prior from what a paper says, and a model of what people decided.

Pure. ``order.rank`` is the door; ``prior`` speaks before anybody decided, ``model`` learns.
"""
