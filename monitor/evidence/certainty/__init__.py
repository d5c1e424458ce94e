"""How sure a label is: suggested by rule, confirmed by people, asked again when its facts change."""
