"""An invented world around the real service: what `gap-monitor demo` plays and the tests drive.

``play`` is the story, ``on_stage`` what its scenes share: ``people`` and their ``answers`` act
through a browser's eyes (``visitor``), ``driver`` runs the service, ``mailsink`` keeps its mail.
``world`` says which papers and trials exist; ``standins`` starts a server for each source, whose
``dialects`` are spoken over ``machinery`` that can fail in every way a host can.
"""
