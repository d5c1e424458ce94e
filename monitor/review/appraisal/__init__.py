"""A study appraised in rounds: drafted, handed in, compared, settled; and the decision that follows.

``rounds`` says which one is open, ``given`` what was handed in, ``drafting`` keeps what is not yet;
``deciding`` decides, ``appraising`` takes readings in up to that; ``agreements`` looks over all studies.
"""
