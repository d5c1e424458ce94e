"""Who is written to: subscribing, confirming, changing, leaving, and the links that do it."""
