"""`make bench`: start, warm calls, memory and cost of the functions, as ratios."""
