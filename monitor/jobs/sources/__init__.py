"""Ask the sources: what is new, what they list, what is past; and read again what they sent."""
