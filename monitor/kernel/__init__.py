"""What every package stands on: database, clock, settings, errors, audit. Knows nothing above it."""
