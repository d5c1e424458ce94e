"""What trials show: from results as reported, over effects, index results and pools, to labels and sentences."""
