"""The papers of a study: attached, taken out, split, merged, with undo; and the family on a line of time."""
