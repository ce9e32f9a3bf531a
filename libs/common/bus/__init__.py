"""The bus: typed calls and events over NATS, or in memory."""

from libs.common.bus.memory import MemoryBus
from libs.common.bus.ports import Bus

__all__ = ["Bus", "MemoryBus"]
