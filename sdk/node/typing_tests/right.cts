// The same package as a CommonJS module sees it.
import promptly = require("promptly-sdk");
import { Promptly, wrap } from "promptly-sdk";
import { OpenAI } from "openai";

const client = new Promptly({ apiKey: "sk-promptly-x" });
const also: Promptly = new promptly.default({ apiKey: "sk-promptly-x" });
const wrapped: OpenAI = wrap(new OpenAI({ apiKey: "sk-promptly-x" }));

async function saved(): Promise<number | null | undefined> {
  const answer = await client.chat.completions.create({ model: "gpt-4o", messages: [] }, { level: "moderate" });
  return answer.promptly_metadata?.savings;
}
