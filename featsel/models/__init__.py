"""How does a row become the logit of a click?"""

from featsel.models.build import MODELS, ModelName, build_model
from featsel.models.layout import Layout, layout_of
from featsel.models.model import CTRModel
from featsel.models.settings import ModelSettings

__all__ = ["MODELS", "CTRModel", "Layout", "ModelName", "ModelSettings", "build_model", "layout_of"]
