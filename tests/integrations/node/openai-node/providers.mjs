// What a client written for OpenAI's API does, against each provider: the same code, another model's name.
import assert from "node:assert/strict";
import OpenAI from "openai";
import { VERSION } from "openai/version";

const [url, apiKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
const messages = [
  { role: "system", content: "You are a helpful assistant." },
  { role: "user", content: `What is a monad, in ${process.pid} words?` },
];
const tools = [{
  type: "function",
  function: { name: "weather", parameters: { type: "object", properties: { city: { type: "string" } } } },
}];

for (const model of ["gpt-4o", "claude-haiku-4-5", "gemini-2.5-flash"]) {
  const answer = await client.chat.completions.create({ model, messages });
  assert.ok(answer.choices[0].message.content);
  assert.equal(answer.choices[0].finish_reason, "stop");
  assert.ok(answer.usage.total_tokens > 0);
  assert.equal(answer.promptly_metadata.baseline_model, model);

  let text = "", usage = null, last = null;
  const stream = await client.chat.completions.create({
    model, messages, tools, stream: true, stream_options: { include_usage: true },
  });
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? "";
    usage = chunk.usage ?? usage;
    last = chunk;
  }
  assert.ok(text);
  assert.ok(usage.prompt_tokens > 0);
  assert.ok(last.promptly_metadata.request_id);

  for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
    assert.equal(chunk.choices.length, 1);
  }
  const runner = client.chat.completions.stream({ model, messages });
  assert.ok(await runner.finalContent());
}

const listed = [];
for await (const model of client.models.list()) listed.push(model.id);
assert.ok(listed.includes("gpt-4o") && listed.includes("claude-sonnet") && listed.includes("gemini-2.5-pro"));
const completion = await client.completions.create({ model: "gpt-4o", prompt: "Say hello." });
assert.equal(completion.object, "text_completion");

await assert.rejects(client.chat.completions.create({ model: "no-such-model", messages }), OpenAI.NotFoundError);
await assert.rejects(
  new OpenAI({ baseURL: `${url}/v1`, apiKey: "sk-wrong", maxRetries: 0 }).models.list(),
  OpenAI.AuthenticationError,
);
console.log(`openai ${VERSION}`);
