"""Which fields does a table of counts show to be informative, how surely, and how usably?"""

from featsel.stats.adjusted import relative_information
from featsel.stats.contingency import add, concatenate, contingency_table, group
from featsel.stats.entropy import field_entropy, label_entropy, mutual_information
from featsel.stats.independence import (
    expected_mutual_information,
    null_moments,
    variance_of_mutual_information,
)
from featsel.stats.intervals import StandardErrors, standard_errors
from featsel.stats.significance import (
    benjamini_hochberg,
    independence_p_values,
    p_value,
    two_value_p_value,
    z_score,
)
from featsel.stats.usable import UsableInformation, usable_information

__all__ = [
    "StandardErrors",
    "UsableInformation",
    "add",
    "benjamini_hochberg",
    "concatenate",
    "contingency_table",
    "expected_mutual_information",
    "field_entropy",
    "group",
    "independence_p_values",
    "label_entropy",
    "mutual_information",
    "null_moments",
    "p_value",
    "relative_information",
    "standard_errors",
    "two_value_p_value",
    "usable_information",
    "variance_of_mutual_information",
    "z_score",
]
