"""Whoever is written to: subscribing, how often, what a mail said, whether it helped, what is held of them."""
