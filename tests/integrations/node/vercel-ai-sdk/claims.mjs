// What the page says beside its example. The address and the key are the first two arguments.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createOpenAI, openai } from "@ai-sdk/openai";
import { generateText, streamText, tool } from "ai";
import { z } from "zod";

const [url, apiKey] = process.argv.slice(2);
const promptly = createOpenAI({ baseURL: `${url}/v1`, apiKey });

for (const model of ["gpt-4o", "claude-haiku-4-5", "gemini-2.5-flash"]) {
  const prompt = `What is a monad, in ${process.pid} words?`;
  const answer = await generateText({ model: promptly.chat(model), prompt, include: { responseBody: true } });
  assert.ok(answer.text && answer.usage.totalTokens > 0);
  assert.equal(answer.response.body.promptly_metadata.baseline_model, model);
  const weather = tool({ inputSchema: z.object({ city: z.string() }) });
  const stream = streamText({ model: promptly.chat(model), prompt, tools: { weather } });
  assert.ok(await stream.text);
  assert.ok((await stream.response).headers["x-promptly-request-id"]);
}

// Without `.chat` it speaks the Responses API.
const responses = generateText({ model: promptly("gpt-4o"), prompt: "Hello!", maxRetries: 0 });
assert.ok((await responses).text);

// The older form does not take an address any more: it speaks to OpenAI, with OpenAI's key.
const asked = [];
globalThis.fetch = async (address, { headers }) => {
  asked.push([String(address), new Headers(headers).get("authorization")]);
  return Response.json({ error: { message: "Not sent.", type: "test", code: null } }, { status: 400 });
};
process.env.OPENAI_API_KEY = "sk-of-openai";
delete process.env.OPENAI_BASE_URL;
const older = openai("gpt-4o", { baseURL: `${url}/v1`, apiKey });
await assert.rejects(generateText({ model: older, prompt: "Hello!", maxRetries: 0 }));
assert.deepEqual(asked, [["https://api.openai.com/v1/responses", "Bearer sk-of-openai"]]);

const version = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8")).version;
console.log(`ai ${version("ai")}, @ai-sdk/openai ${version("@ai-sdk/openai")}`);
