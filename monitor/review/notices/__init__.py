"""What follows from an alert: a study withdrawn or in doubt, and alerts as pages show them."""
