"""The requirement catalogue: what the guide and the RFCs demand of a wire."""

from harness.requirements.catalogue import Catalogue, CatalogueError, UnknownRequirement, load_catalogue
from harness.requirements.requirement import Requirement

__all__ = ["Catalogue", "CatalogueError", "Requirement", "UnknownRequirement", "load_catalogue"]
