"""Buckets and tallies in JetStream: what is kept by key, for all copies of a service."""

import msgspec
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, NotFoundError

from libs.common.contracts.base import Bucket, SharedCounter

_WRONG_REVISION = 10071


class _Sum(msgspec.Struct):
    """How the server keeps a sum."""

    val: str = "0"


def bucket_stream(bucket: Bucket) -> StreamConfig:
    """A key-value bucket, as NATS lays them out."""
    return StreamConfig(
        name=f"KV_{bucket.name}",
        subjects=[f"$KV.{bucket.name}.>"],
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_msgs_per_subject=1,
        max_age=bucket.max_age,
        max_bytes=bucket.max_bytes,
        allow_rollup_hdrs=True,
        deny_delete=True,
        allow_direct=True,
        allow_msg_ttl=bucket.own_ages or None,  # the server never takes it back
    )


def tally_stream(tally: SharedCounter) -> StreamConfig:
    """A counter per subject: the server adds, and answers with the new sum."""
    return StreamConfig(
        name=tally.name,
        subjects=[f"promptly.v1.tally.{tally.name}.>"],
        storage=StorageType.FILE if tally.on_disk else StorageType.MEMORY,
        max_msgs_per_subject=1,
        max_age=tally.max_age,
        allow_direct=True,
        allow_msg_counter=True,
    )


async def put(
    jetstream: JetStreamContext,
    bucket: Bucket,
    key: str,
    value: bytes,
    timeout: float,  # noqa: ASYNC109
    max_age: float | None = None,
) -> None:
    """Keep a value, for `max_age` seconds or as long as the bucket does."""
    await jetstream.publish(f"$KV.{bucket.name}.{key}", value, timeout=timeout, msg_ttl=max_age)


async def delete(jetstream: JetStreamContext, bucket: Bucket, key: str) -> None:
    """Remove what is kept under a key, or, where it ends in `.>`, under all that begin so."""
    await jetstream.purge_stream(f"KV_{bucket.name}", subject=f"$KV.{bucket.name}.{key}")


async def get(jetstream: JetStreamContext, bucket: Bucket, key: str) -> bytes | None:
    """The value; None where there is none."""
    try:
        found = await jetstream.get_last_msg(f"KV_{bucket.name}", f"$KV.{bucket.name}.{key}", direct=True)
    except NotFoundError:
        return None
    return found.data or None


async def revised(jetstream: JetStreamContext, bucket: Bucket, key: str) -> tuple[bytes | None, int]:
    """The value and its revision; None and 0 where there is none."""
    try:
        found = await jetstream.get_last_msg(f"KV_{bucket.name}", f"$KV.{bucket.name}.{key}", direct=True)
    except NotFoundError:
        return None, 0
    return found.data or None, found.seq or 0


async def replace(
    jetstream: JetStreamContext,
    bucket: Bucket,
    key: str,
    value: bytes,
    revision: int,
    timeout: float,  # noqa: ASYNC109
    max_age: float | None = None,
) -> int | None:
    """The revision of the value that was put; None where the one before was another than expected."""
    expected = {"Nats-Expected-Last-Subject-Sequence": str(revision)}
    try:
        done = await jetstream.publish(
            f"$KV.{bucket.name}.{key}", value, timeout=timeout, headers=expected, msg_ttl=max_age
        )
    except APIError as error:
        if error.err_code == _WRONG_REVISION:
            return None
        raise
    return done.seq


async def keys(jetstream: JetStreamContext, bucket: Bucket, pattern: str) -> list[str]:
    """The keys that a pattern fits, in order."""
    begin = f"$KV.{bucket.name}."
    found = await jetstream.stream_info(f"KV_{bucket.name}", subjects_filter=f"{begin}{pattern}")
    return sorted(subject.removeprefix(begin) for subject in found.state.subjects or ())


async def add(jetstream: JetStreamContext, tally: SharedCounter, key: str, amount: int, timeout: float) -> int:  # noqa: ASYNC109
    """The sum after adding."""
    subject = f"promptly.v1.tally.{tally.name}.{key}"
    done = await jetstream.publish(subject, b"", timeout=timeout, headers={"Nats-Incr": f"{amount:+d}"})
    return int(done.val or 0)


async def total(jetstream: JetStreamContext, tally: SharedCounter, key: str) -> int | None:
    """The sum; None where nothing was ever added to it."""
    try:
        found = await jetstream.get_last_msg(tally.name, f"promptly.v1.tally.{tally.name}.{key}", direct=True)
    except NotFoundError:
        return None
    return int(msgspec.json.decode(found.data or b"{}", type=_Sum).val)
