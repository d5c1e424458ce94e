"""The process itself: its log lines, its memory, and what ails its own machine."""
