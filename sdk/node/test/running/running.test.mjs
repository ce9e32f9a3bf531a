// Against a running Promptly: PROMPTLY_BASE_URL, PROMPTLY_API_KEY, and PROMPTLY_TEST_TOKEN of the account's administrator.
import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI, { PermissionDeniedError, AuthenticationError, BadRequestError, NotFoundError } from "openai";
import Promptly, * as promptly from "promptly-sdk";

const client = new Promptly({ maxRetries: 0 });
// No two tests ask the same, so that none is answered out of another's cache.
const ask = (about, model = "gpt-4o") => ({ model, messages: [{ role: "user", content: `What is ${about}?` }] });
const PROMPT =
  "Please note that I would like you to write a detailed Python function that calculates factorial using recursion.\n\n\n\n" +
  "In order to make it clear, it is important to note that the function should raise ValueError for n < 0.   ";

/** Calls the dashboard's API as the account's administrator. */
async function api(method, path, body) {
  const response = await fetch(new URL(path, client.baseURL), {
    method,
    headers: {
      authorization: `Bearer ${process.env.PROMPTLY_TEST_TOKEN}`,
      ...(body && { "content-type": "application/json" }),
    },
    body: body && JSON.stringify(body),
  });
  assert.ok(response.ok, await response.clone().text());
  return response.json();
}

/** A client with a key of its own. */
async function other(key) {
  const { api_key } = await api("POST", "/api/keys/platform", { name: "test", scopes: ["chat"], ...key });
  return new Promptly({ apiKey: api_key, maxRetries: 0 });
}

/** Looks until something is so, five times a second, as a key may ask 300 times a minute: the log is written beside an answer's delivery. */
async function until(condition) {
  for (const end = Date.now() + 20_000; ; await new Promise((again) => setTimeout(again, 200))) {
    const found = await condition();
    if (found) return found;
    assert.ok(Date.now() < end, "it did not happen in time");
  }
}

test("an answer says what was saved", async () => {
  const answer = await client.chat.completions.create(ask("a monad"));
  assert.ok(answer.choices[0].message.content);
  const metadata = answer.promptly_metadata;
  assert.equal(metadata.baseline_model, "gpt-4o");
  assert.equal(metadata.routed_model, "gpt-4o-mini");
  assert.ok(metadata.savings > 0);
  assert.match(metadata.request_id, /^req_/);
});

test("so does a stream, on its last chunk", async () => {
  for (const stream_options of [undefined, { include_usage: true }]) {
    let text = "";
    let last;
    for await (const chunk of await client.chat.completions.create({ ...ask("a comonad"), stream: true, stream_options })) {
      text += chunk.choices[0]?.delta.content ?? "";
      last = chunk;
    }
    assert.ok(text);
    assert.equal(last.promptly_metadata.baseline_model, "gpt-4o");
  }
});

test("OpenAI's helpers keep it", async () => {
  const runner = client.chat.completions.stream(ask("a lens"), { routing: "manual" });
  const gathered = await runner.finalChatCompletion();
  assert.ok(gathered.choices[0].message.content);
  assert.equal(gathered.promptly_metadata.routed_model, "gpt-4o");
  const parsed = await client.chat.completions.parse(ask("a prism"), { routing: "manual" });
  assert.equal(parsed.promptly_metadata.routed_model, "gpt-4o");
  const { data, response } = await client.chat.completions.create(ask("a traversal")).withResponse();
  assert.equal(response.headers.get("x-promptly-request-id"), data.promptly_metadata.request_id);
  const raw = await client.chat.completions.create(ask("a fold")).asResponse();
  assert.ok((await raw.json()).promptly_metadata.request_id);
});

test("each option does what it says", async () => {
  const wordy = {
    model: "gpt-4o",
    messages: [
      { role: "system", content: "You answer questions   about mathematics.\n\n\n\n\nYou are brief,   and you say   what you do not know." },
      { role: "user", content: "What is the zygohistomorphic prepromorphism?" },
    ],
  };
  const off = await client.chat.completions.create(wordy, { level: "off", cache: "off", routing: "manual" });
  assert.equal(off.promptly_metadata.original_tokens, off.promptly_metadata.optimized_tokens);
  assert.equal(off.promptly_metadata.routed_model, "gpt-4o");
  const shortened = await client.chat.completions.create(wordy, { level: "conservative", cache: "no-store" });
  assert.ok(shortened.promptly_metadata.optimized_tokens < shortened.promptly_metadata.original_tokens);
  assert.equal(shortened.promptly_metadata.cache_hit, false);
  const simple = ask("the capital of Portugal");
  const shadow = await client.chat.completions.create(simple, { cache: "off", routing: "shadow" });
  assert.equal(shadow.promptly_metadata.routed_model, "gpt-4o");
  assert.equal(shadow.promptly_metadata.shadow_model, "gpt-4o-mini");
  const tagged = await client.chat.completions.create(ask("a hylomorphism"), { tags: { team: "search", env: "ci" } });
  const id = tagged.promptly_metadata.request_id;
  const entry = await until(async () => (await api("GET", "/api/requests")).requests.find((entry) => entry.id === id));
  assert.deepEqual(entry.tags, { team: "search", env: "ci" });
});

test("the same question is answered out of the cache, and feedback takes it out", async () => {
  const again = () => client.chat.completions.create(ask("an anamorphism"));
  await again();
  const hit = await until(async () => {
    const { promptly_metadata } = await again();
    return promptly_metadata.cache_hit && promptly_metadata;
  });
  const kept = await until(() =>
    client.feedback(hit.request_id, "bad", { cacheWrong: true, comment: "Another question." }).catch((error) => {
      if (!(error instanceof NotFoundError)) throw error;
    }),
  );
  assert.deepEqual(kept, { request_id: hit.request_id, rating: "bad", evicted: true });
});

test("optimize shortens, charges once, and says so when it cannot", async () => {
  const before = (await client.credits()).balance_tokens;
  const shorter = await client.optimize(PROMPT, { similarityThreshold: 0.85, metadata: { client_id: "c-7" } });
  assert.ok(shorter.compressed_tokens < shorter.original_tokens);
  assert.equal(shorter.tokens_saved, shorter.original_tokens - shorter.compressed_tokens);
  assert.ok(shorter.similarity_score >= 0.85);
  const same = { similarityThreshold: 0.85, idempotencyKey: `one-${process.pid}` };
  assert.deepEqual(await client.optimize(PROMPT, same), await client.optimize(PROMPT, same));
  await assert.rejects(client.optimize("Another prompt.", same), promptly.IdempotencyMismatchError);
  await until(async () => (await client.credits()).balance_tokens === before - 2 * shorter.original_tokens);
  await assert.rejects(client.optimize("word ".repeat(9_000)), (error) => {
    assert.ok(error instanceof promptly.InsufficientCreditsError);
    assert.ok(error.required > error.available);
    return true;
  });
});

test("refusals are errors that say what they are", async () => {
  await assert.rejects(client.chat.completions.create(ask("a topos", "no-such-model")), NotFoundError);
  await assert.rejects(client.chat.completions.create(ask("a topos"), { level: "extreme" }), BadRequestError);
  await assert.rejects(new Promptly({ apiKey: "sk-promptly-x", maxRetries: 0 }).credits(), AuthenticationError);
  await assert.rejects((await other({})).optimize(PROMPT), PermissionDeniedError);
  const slow = await other({ rpm: 1 });
  await slow.chat.completions.create(ask("a sheaf"));
  await assert.rejects(slow.chat.completions.create(ask("a stalk")), (error) => {
    assert.ok(error instanceof promptly.RateLimitError);
    assert.ok(error.retryAfter >= 1);
    assert.match(error.requestID, /^req_/);
    return true;
  });
  const poor = await other({ monthly_budget_usd: 0.000001 });
  await assert.rejects(poor.chat.completions.create(ask("a colimit")), promptly.BudgetExceededError);
});

test("a wrapped client goes through Promptly", async () => {
  const wrapped = promptly.wrap(new OpenAI({ apiKey: "sk-proj-not-sent" }));
  const headers = promptly.promptlyHeaders({ routing: "manual" });
  const answer = await wrapped.chat.completions.create(ask("a limit"), { headers });
  assert.equal(promptly.metadataOf(answer).routed_model, "gpt-4o");
});
