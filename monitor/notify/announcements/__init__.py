"""What is told: which changes are news, the content frozen for it, and to whom it fans out."""
