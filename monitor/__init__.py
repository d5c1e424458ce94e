"""Gap Monitor watches the gap between research and practice for ten interventions."""
