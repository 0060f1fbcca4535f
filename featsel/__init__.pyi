from featsel.api import rank
from featsel.core.errors import ConfigError, DataError, FeatselError, FeatselWarning

__all__ = ["ConfigError", "DataError", "FeatselError", "FeatselWarning", "__version__", "rank"]

__version__: str
