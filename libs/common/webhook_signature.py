"""How a webhook's receiver knows whose it is."""

import hashlib
import hmac


def signature(secret: str, body: bytes, time_s: int) -> str:
    """`t=<seconds since the epoch>,v1=<hex of HMAC-SHA256 over "t.body">`: a receiver refuses what is old or forged."""
    signed = hmac.new(secret.encode(), f"{time_s}.".encode() + body, hashlib.sha256)
    return f"t={time_s},v1={signed.hexdigest()}"
