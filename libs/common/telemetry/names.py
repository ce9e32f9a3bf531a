"""The names of span attributes: OpenTelemetry's GenAI and messaging conventions (version 0.66b2), and ours.

The GenAI names are still marked "development" upstream, so they are written down here only.
"""

OPERATION_NAME = "gen_ai.operation.name"
PROVIDER_NAME = "gen_ai.provider.name"
REQUEST_MODEL = "gen_ai.request.model"
REQUEST_STREAM = "gen_ai.request.stream"
RESPONSE_MODEL = "gen_ai.response.model"
USAGE_INPUT_TOKENS = "gen_ai.usage.input_tokens"
USAGE_OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
USAGE_CACHE_READ = "gen_ai.usage.cache_read.input_tokens"
ERROR_TYPE = "error.type"

MESSAGING_SYSTEM = "messaging.system"
MESSAGING_BATCH_COUNT = "messaging.batch.message_count"

REQUEST_ID = "promptly.request_id"
ORG_ID = "promptly.org_id"
ROUTED_MODEL = "promptly.routed_model"
TIER = "promptly.tier"
CACHE = "promptly.cache"
SIMILARITY = "promptly.similarity"
TOKENS_SAVED = "promptly.tokens_saved"
SAVINGS_USD = "promptly.savings_usd"
DEGRADED = "promptly.degraded"
STATUS = "promptly.status"
