"""Ask the feeds of use, and close a collection of services' own returns that is over."""
