"""What this is about, and how far it sees: attachment, words, who uses it; coverage of sources, who answers."""
