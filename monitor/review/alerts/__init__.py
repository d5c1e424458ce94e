"""What is said of the papers of studies, retractions first: what opens an alert, and when two are one."""
