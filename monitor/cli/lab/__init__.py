"""`gap-monitor lab`: one module a command, and the group that loads them."""
