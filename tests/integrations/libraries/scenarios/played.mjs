// What the scenarios for Node share; see played.py. It takes Node alone.
import assert from "node:assert/strict";

const { PLAYED_URL: URL, PLAYED_KEY: KEY, PLAYED_MODEL: MODEL, PLAYED_API: API, PLAYED_EMBEDDINGS: EMBEDDINGS } = process.env;
const control = `${process.env.PLAYED_UPSTREAM}/_control/script`;
const [PROMPT_TOKENS, COMPLETION_TOKENS] = [123, 45];
export { API, EMBEDDINGS, KEY, MODEL, URL };
export const UNKNOWN = "no-such-model";

// The model's next answers, and no others.
export async function play(...steps) {
  await fetch(control, { method: "DELETE" });
  const used = { prompt_tokens: PROMPT_TOKENS, completion_tokens: COMPLETION_TOKENS };
  const body = JSON.stringify({ [MODEL]: steps.map((step) => ({ ...used, ...step })) });
  const done = await fetch(control, { method: "POST", body, headers: { "content-type": "application/json" } });
  assert.ok(done.ok);
}

// A tool call of the model's.
export function call(name, number, args) {
  return { id: `call_${number}`, type: "function", function: { name, arguments: JSON.stringify(args) } };
}

// Fails where a client counts otherwise than the model said, for so many answers.
export function isUsed(prompt, completion, answers = 1) {
  assert.deepEqual([prompt, completion], [answers * PROMPT_TOKENS, answers * COMPLETION_TOKENS]);
}

// Run the scenarios, print one line of JSON for each, and end.
export async function run(scenarios) {
  for (const [name, scenario] of Object.entries(scenarios)) {
    let wrong = null;
    try {
      await scenario();
    } catch (error) {
      wrong = String(error?.stack ?? error);
      process.exitCode = 1;
    }
    console.log(JSON.stringify({ scenario: name, wrong }));
  }
}
