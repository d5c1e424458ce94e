"""What a step would do to tiers and gaps, told before it is taken. Changes nothing.

``steps``: a study counted or withdrawn, and other steps of review; ``baseline``: the review's own table;
``waves``: a wave of use published or withdrawn.
"""
