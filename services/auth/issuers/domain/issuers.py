"""Issuers that an organization trusts with its callers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

# Whose tokens any stranger can have, for an audience of their choice; and the claims by which some of them are one company's alone.
# What all of them may say (a verified address, a branch's name) tells nobody apart.
ISSUERS_OF_ANYBODY: Final[Mapping[str, frozenset[str]]] = {
    issuer: frozenset(("sub", *claims.split()))
    for issuer, claims in (
        ("https://accounts.google.com", "hd email"),
        ("https://agent.buildkite.com", "organization_slug organization_id pipeline_id"),
        ("https://app.terraform.io", "terraform_organization_id terraform_organization_name terraform_workspace_id"),
        ("https://appleid.apple.com", "email"),
        ("https://gitlab.com", "namespace_id namespace_path project_id project_path user_id user_login user_email"),
        # Microsoft's private accounts.
        ("https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0", "oid"),
        (
            "https://token.actions.githubusercontent.com",
            "repository repository_id repository_owner repository_owner_id job_workflow_ref enterprise enterprise_id",
        ),
    )
}


class TrustedIssuer(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens of `issuer` for `audience` are taken in the place of the Promptly key `key_id`, whose limits they have. Claims are names, or
    paths with dots in them; each of `required_claims` has to have its value.
    """

    id: str
    org_id: str
    issuer: str
    audience: str
    key_id: str
    user_claim: str
    tag_claim: str | None
    required_claims: dict[str, str]
    created_by: str
    created_at: datetime


def shown(issuer: TrustedIssuer) -> Mapping[str, Any]:
    """What the audit log keeps of it."""
    return {
        "id": issuer.id,
        "issuer": issuer.issuer,
        "audience": issuer.audience,
        "key": issuer.key_id,
        "user_claim": issuer.user_claim,
        "tag_claim": issuer.tag_claim,
        "required_claims": issuer.required_claims,
    }
