"""How do results look: in a pipe, on a terminal, in a document, on a page? Renders, and computes nothing."""
