"""Two papers that may be one, or of one study: compared, settled, and followed by the queue."""
