"""A bucket of any server that speaks S3."""

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import obstore
from obstore.store import S3Store

if TYPE_CHECKING:
    from obstore.store import S3Config  # the package has its name for type checkers only

_SECONDS: Final = timedelta(seconds=60)


class S3Bucket:
    """Implements `ports.ObjectStore`. Where no keys are given, the machine's own are taken, as AWS's tools find them."""

    def __init__(
        self, bucket: str, region: str, endpoint: str | None, access_key: str | None, secret_key: str | None
    ) -> None:
        config: S3Config = {"region": region}
        if endpoint is not None:
            config["endpoint"] = endpoint
        if access_key is not None and secret_key is not None:
            config |= {"access_key_id": access_key, "secret_access_key": secret_key}
        self._store = S3Store(
            bucket,
            config=config,
            # An operator who names a plain address means it.
            client_options={"timeout": _SECONDS, "allow_http": (endpoint or "").startswith("http://")},
            retry_config={"max_retries": 4, "retry_timeout": _SECONDS},
        )

    async def put(self, name: str, body: bytes) -> None:
        await obstore.put_async(
            self._store, name, body, attributes={"Content-Type": "application/gzip"}, use_multipart=False
        )
