"""What a service answers to a survey of use: its pages behind a mailed link, and their words."""
