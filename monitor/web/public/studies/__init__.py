"""A decided study for everybody to read: the chain, its line of time, its particulars."""
