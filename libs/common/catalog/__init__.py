"""The catalogue: which models there are, what they can do, what they cost, and which one a tier names. All of it is data."""

from libs.common.catalog.catalog import Catalog, load
from libs.common.catalog.model import NOTHING_APART, Apart, Model, PriceRow, Terms
from libs.common.catalog.units import UnitCatalog, UnitCost, UnitModel, load_units

__all__ = [
    "NOTHING_APART",
    "Apart",
    "Catalog",
    "Model",
    "PriceRow",
    "Terms",
    "UnitCatalog",
    "UnitCost",
    "UnitModel",
    "load",
    "load_units",
]
