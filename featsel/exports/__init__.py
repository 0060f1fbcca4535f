"""What do other libraries read of a feature config?"""
