"""The names of span attributes: OpenTelemetry's GenAI and messaging conventions (version 0.66b2), and ours.

The GenAI names are still marked "development" upstream, so they are written down here only.
"""

PROVIDERS = {"google": "gcp.gemini"}  # the conventions' names, where they differ from ours

OPERATION_NAME = "gen_ai.operation.name"
PROVIDER_NAME = "gen_ai.provider.name"
REQUEST_MODEL = "gen_ai.request.model"
REQUEST_MAX_TOKENS = "gen_ai.request.max_tokens"
REQUEST_TEMPERATURE = "gen_ai.request.temperature"
REQUEST_STREAM = "gen_ai.request.stream"
RESPONSE_ID = "gen_ai.response.id"
RESPONSE_MODEL = "gen_ai.response.model"
RESPONSE_FINISH_REASONS = "gen_ai.response.finish_reasons"
RESPONSE_TIME_TO_FIRST_CHUNK = "gen_ai.response.time_to_first_chunk"
USAGE_INPUT_TOKENS = "gen_ai.usage.input_tokens"
USAGE_OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
USAGE_CACHE_READ = "gen_ai.usage.cache_read.input_tokens"
USAGE_CACHE_CREATION = "gen_ai.usage.cache_creation.input_tokens"
USAGE_REASONING = "gen_ai.usage.reasoning.output_tokens"
ERROR_TYPE = "error.type"

MESSAGING_SYSTEM = "messaging.system"
MESSAGING_DESTINATION = "messaging.destination.name"
MESSAGING_BATCH_COUNT = "messaging.batch.message_count"

REQUEST_ID = "promptly.request_id"
ORG_ID = "promptly.org_id"
ROUTED_MODEL = "promptly.routed_model"
TIER = "promptly.tier"
CACHE = "promptly.cache"
SIMILARITY = "promptly.similarity"
TOKENS_SAVED = "promptly.tokens_saved"
SAVINGS_USD = "promptly.savings_usd"
OPTIMIZATIONS = "promptly.optimizations"
DEGRADED = "promptly.degraded"
STATUS = "promptly.status"
