"""Models that are billed by other units than a chat model's tokens: embeddings, images, sound, moderations."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Final, Literal

import msgspec

from libs.common.money import nano_from_pico, pico_per_token

UnitKind = Literal["embedding", "moderation", "image", "transcription", "speech", "hosted_tool"]
# Nano-dollars are rounded once, from pico-dollars.
_PICO_PER_DOLLAR: Final = Decimal(10) ** 12


class UnitPrices(msgspec.Struct, frozen=True, kw_only=True):
    """USD, in force from one day up to, and without, another: per million tokens of a class, per `second`, per million characters
    (`megachar`), or per `use`. None: not sold so, and not known. `free`: nothing is charged, whatever was used.
    """

    input: Decimal | None = None
    cached_input: Decimal | None = None
    image_input: Decimal | None = None
    cached_image_input: Decimal | None = None
    audio_input: Decimal | None = None
    output: Decimal | None = None
    image_output: Decimal | None = None
    audio_output: Decimal | None = None
    second: Decimal | None = None
    megachar: Decimal | None = None
    use: Decimal | None = None
    free: bool = False
    effective_from: date | None = None
    effective_to: date | None = None

    def in_force(self, day: date) -> bool:
        """Whether these are the prices of that day."""
        return (self.effective_from is None or self.effective_from <= day) and (
            self.effective_to is None or day < self.effective_to
        )


class UnitCost(msgspec.Struct, frozen=True, kw_only=True):
    """Nano-dollars, None where they are not known, and the units that have no known price."""

    nano: int | None
    unpriced: tuple[str, ...] = ()


class UnitModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model by the id that its provider takes. `dimensions` is the usual length of its vectors."""

    name: str
    provider: str
    kind: UnitKind
    prices: tuple[UnitPrices, ...]
    dimensions: int | None = None

    def cost(self, used: Mapping[str, int | Decimal], day: date, factor: Decimal = Decimal(1)) -> UnitCost:
        """What units cost, by their names in `UnitPrices`: tokens of a class, `second`s, `megachar` in characters, `use`s.

        One unit without a price makes the whole unknown: a part of a bill is no bill. `factor` is a service tier's.
        """
        row = next((prices for prices in self.prices if prices.in_force(day)), None)
        counted = {unit: amount for unit, amount in used.items() if amount}
        if row is not None and row.free:
            return UnitCost(nano=0)
        unpriced = tuple(sorted(unit for unit in counted if row is None or getattr(row, unit) is None))
        if row is None or unpriced:
            return UnitCost(nano=None, unpriced=unpriced or ("price",))
        pico = sum((_pico(unit, amount, getattr(row, unit)) for unit, amount in counted.items()), Decimal(0))
        return UnitCost(nano=nano_from_pico(int((pico * factor).to_integral_value())))


class _Units(msgspec.Struct, frozen=True, kw_only=True):
    version: str
    provenance: str
    models: tuple[UnitModel, ...]


class UnitCatalog:
    """Looks such models up. `version` dates the table and stands on every receipt that it priced."""

    def __init__(self, units: _Units) -> None:
        self.version = units.version
        self._models = {model.name: model for model in units.models}

    @property
    def models(self) -> Mapping[str, UnitModel]:
        """All of them, by name."""
        return self._models

    def find(self, provider: str, name: str) -> UnitModel | None:
        """A provider's model; None: not in the table, so its price is not known."""
        found = self._models.get(name)
        return found if found is not None and found.provider == provider else None


@cache
def load_units() -> UnitCatalog:
    """The table that ships with Promptly, read once."""
    data = resources.files(__package__).joinpath("units.json").read_bytes()
    return UnitCatalog(msgspec.json.decode(data, type=_Units))


def _pico(unit: str, amount: int | Decimal, price: Decimal) -> Decimal:
    if unit in ("second", "use"):
        return Decimal(amount) * price * _PICO_PER_DOLLAR
    return Decimal(amount) * pico_per_token(price)
