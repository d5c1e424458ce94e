"""Accepted studies and the grade they give an intervention: tier and direction, on intervals."""
