"""Names for what is kept. Each is made from the organization first, so that nobody can name what is another's."""

import hashlib
import uuid

import numpy as np

from libs.common.embedding.ports import Vectors

_PAIRS = uuid.UUID("0d7a1c9e-3f52-5b0a-8e7d-61b4c2f0a935")
_BLOCKS = uuid.UUID("b1e4f6a2-7c38-5d91-9b06-4a5d0e8c7f13")

_VALUES = uuid.UUID("5c1f7d90-2a64-5e3b-8f1c-94d0b7a6e258")


def pair_id_for(org_id: str, scope: str, one_form: str, other_form: str) -> str:
    """Stands for two questions of one scope, whichever of them came first."""
    first, second = sorted((one_form, other_form))
    return str(uuid.uuid5(_PAIRS, f"{org_id}\n{scope}\n{first}\n{second}"))


def block_id(org_id: str, pair_id: str) -> str:
    """The id under which a blocked pair is kept. Whatever text a caller gives, it never names an entry."""
    return str(uuid.uuid5(_BLOCKS, f"{org_id}\n{pair_id}"))


def vector_id(org_id: str, key: str) -> str:
    """The id under which a caller's vector is kept."""
    return str(uuid.uuid5(_VALUES, f"{org_id}\n{key}"))


def partition_key(org_id: str, scope: str) -> str:
    """One word for an organization's scope."""
    return hashlib.sha256(f"{org_id}\n{scope}".encode()).hexdigest()


def own_direction(text: str, dimension: int) -> Vectors:
    """A unit vector that only the very same text has: those of two texts are as good as perpendicular."""
    signs = np.unpackbits(np.frombuffer(hashlib.shake_256(text.encode()).digest(-(-dimension // 8)), np.uint8))
    vector: Vectors = (signs[:dimension].astype(np.float32) * 2 - 1) / np.float32(dimension**0.5)
    return vector


def is_id(text: str) -> bool:
    """Whether a caller's text can name anything that is kept."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
