"""Whether the world is ready to take our mail: DNS records, the mail server, the settings."""
