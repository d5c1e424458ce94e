"""My services: what a commissioner's services offer, private to them, and the gap on their own use."""
