"""What runs by itself: polling, delivery, checks. Opens transactions; never holds one over the network."""
