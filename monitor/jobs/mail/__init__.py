"""Send mail, make digests, ask and remind people, and take in what came back."""
