"""How do results become files? Whole, in one move, or not at all."""
