"""From a claimed message to its bytes: words, rendering, and the same mail to thousands."""
