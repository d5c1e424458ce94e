"""What a state means to a reader: the sentences of pages and mails alike, told in ``gap.telling``."""

from monitor.gap.telling import Meaning, meaning

__all__ = ["Meaning", "meaning"]
