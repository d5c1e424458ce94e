"""My services: asking for the link, the private view behind it, its forms, and what is taken away."""
