"""How is a model trained, resumed and judged?"""
