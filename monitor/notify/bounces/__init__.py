"""Mail that comes back: what a bounce says, whether it is believed, and what follows."""
