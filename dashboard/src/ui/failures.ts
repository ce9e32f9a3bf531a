// What the code of a failed request means, for those that somebody here can do something about. The provider's own words are in no log.
const SENTENCES = new Map(Object.entries({
  no_provider_key: "No connected provider serves this model: connect one, or ask for another model.",
  provider_key_rejected: "The provider rejected the connected key: enter a valid one on the page Keys.",
  upstream_connect: "The provider could not be reached: check the base URL of its key on the page Keys.",
  upstream_timeout: "The provider did not answer in time.",
  upstream_malformed: "What came from the provider's address is no answer of its API: check the base URL of its key on the page Keys.",
  upstream_truncated: "The provider broke off in the middle of its answer.",
  upstream_resting: "The provider failed several times in a row and is left alone for a few seconds.",
  insufficient_quota: "The quota or the balance at the provider is used up.",
  model_not_found: "The provider knows no such model.",
  budget_exceeded: "This key's budget for the month does not cover the request: raise it on the page Keys.",
  insufficient_credits: "The credits of the optimize API are used up.",
  rate_limit_exceeded: "More requests came with this key than its limit allows.",
  context_length_exceeded: "The request is longer than the model takes.",
}));

/** What an error's code says in a sentence; nothing where its name says it all. */
export function reasonOf({ error_code: code }: { error_code: string | null }): string {
  return (code !== null && SENTENCES.get(code)) || "";
}
