"""How much each is used, as pages."""
