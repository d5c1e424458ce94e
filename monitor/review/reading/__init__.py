"""What one reviewer says of a study in one round: its arms, its results, and how far to trust each.

``model`` has the shapes; ``to_mend`` says what is still to be mended, all of it at once;
``differences`` sets two side by side and settles them; ``summary`` says the whole in the words
that grading reads; ``frame`` is what a second reviewer starts from. Pure, all of it.
"""
