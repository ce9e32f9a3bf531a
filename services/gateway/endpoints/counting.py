"""Counting the tokens of a request, in the formats that have a call for it."""

from collections.abc import Mapping

import msgspec

from services.gateway.domain.request import Envelope as AnyEnvelope
from services.gateway.domain.request import Kind
from services.gateway.endpoints.base import Attempt
from services.gateway.endpoints.neutral import NeutralEndpoint, NeutralRequest, read_of, serving
from services.gateway.formats.blocks import Ask
from services.gateway.formats.build import Target
from services.gateway.formats.envelope import Envelope
from services.gateway.formats.levers import exact_key
from services.gateway.formats.opaque import Cipher, unseal
from services.gateway.providers.base import EncodedRequest

_CLOSED = Cipher(seal=lambda _: "", open=lambda _: None)


class CountingEndpoint(NeutralEndpoint):
    """The part of an endpoint that counts. A format writes `ask_count`, `write_count` and what `NeutralEndpoint` leaves to it."""

    kind: Kind = "count"
    routable = False

    def ask_count(self, envelope: AnyEnvelope) -> Ask:
        """The request whose tokens are to be counted. `BadRequest` names what is wrong."""
        raise NotImplementedError

    def write_count(self, tokens: int) -> bytes:
        """The answer."""
        raise NotImplementedError

    def count_key(self, envelope: AnyEnvelope) -> bytes:
        """A digest of all that decides about the count."""
        assert isinstance(envelope, Envelope)
        return exact_key(self.surface, envelope, envelope.headers)

    def encode_count(self, attempt: Attempt) -> EncodedRequest | None:
        """What goes to the provider; None: it counts no tokens."""
        envelope, target = read_of(attempt), attempt.target
        native = self.speaks(attempt)
        form = attempt.provider.formats[self.surface if native else attempt.provider.foreign_surface]
        if form.count_body is None:
            return None
        headers: Mapping[str, str] = form.headers(envelope.headers) if native and form.headers is not None else {}
        if native and "sealed" not in envelope.flags:
            body = self.own_body(envelope, target.served_model)
        else:
            ask = unseal(self.ask_count(envelope), attempt.cipher or _CLOSED, serving(attempt)).ask
            body = form.count_body(ask, Target(model=target.served_model, known=attempt.known, named=native))
        return NeutralRequest(
            surface=f"{form.name}:count",
            stream=False,
            body=body,
            query=self.query(envelope) if native else "",
            headers=headers,
            raw=native and "sealed" not in envelope.flags,
            forwarded=native,
            format=form,
        )

    def read_count(self, attempt: Attempt, encoded: EncodedRequest, data: bytes) -> bytes | None:
        """The answer for the client; None where the provider has given no count."""
        assert isinstance(encoded, NeutralRequest)
        count = encoded.format.count
        tokens = None if count is None else count(data)
        if tokens is None:
            return None
        return data if encoded.forwarded else self.write_count(tokens)


def with_fields(envelope: Envelope, **fields: msgspec.Raw) -> Envelope:
    """The same head, with fields that the client need not send when it only counts."""
    return msgspec.structs.replace(envelope, top={**fields, **envelope.top})
