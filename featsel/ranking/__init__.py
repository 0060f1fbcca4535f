"""Which fields of a log tell of the label, how much, and which only seem to?"""
