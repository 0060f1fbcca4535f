"""Which features are worth their embedding?"""
