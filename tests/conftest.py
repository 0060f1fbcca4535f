"""What holds for all tests?"""

from hypothesis import settings

# an example may take long on a busy machine: timings never decide whether a test passes
settings.register_profile("featsel", deadline=None)
settings.load_profile("featsel")
