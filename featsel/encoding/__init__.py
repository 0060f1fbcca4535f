"""How do values become codes, and codes features?"""
