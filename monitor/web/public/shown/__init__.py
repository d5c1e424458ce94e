"""What an intervention's trials show, as a page, a picture and a table: forest, funnel, labels."""
