"""A state of an intervention in words and marks: what pages say of it, how sure, what would change it."""
