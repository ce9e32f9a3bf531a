// The first request in four languages. Plain ASCII: what is pasted goes into a header, which holds nothing else.
export const PLACEHOLDER = "sk-promptly-YOUR-KEY";

export function snippets(origin: string, key: string = PLACEHOLDER): { id: string; name: string; code: string }[] {
  const base = `${origin}/v1`;
  return [
    {
      id: "python",
      name: "Python",
      code: `# pip install openai
from openai import OpenAI

client = OpenAI(api_key="${key}", base_url="${base}")
answer = client.chat.completions.create(
    model="gpt-4o",
    messages=[{"role": "user", "content": "What is the capital of France?"}],
)
print(answer.choices[0].message.content)`,
    },
    {
      id: "node",
      name: "Node",
      code: `// npm install openai
import OpenAI from "openai";

const client = new OpenAI({ apiKey: "${key}", baseURL: "${base}" });
const answer = await client.chat.completions.create({
  model: "gpt-4o",
  messages: [{ role: "user", content: "What is the capital of France?" }],
});
console.log(answer.choices[0].message.content);`,
    },
    {
      id: "curl",
      name: "cURL",
      code: `curl ${base}/chat/completions \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "gpt-4o", "messages": [{"role": "user", "content": "What is the capital of France?"}]}'`,
    },
    {
      id: "environment",
      name: "Environment",
      code: `export OPENAI_BASE_URL="${base}"
export OPENAI_API_KEY="${key}"`,
    },
  ];
}
