// A server that answers what a test tells it to, and keeps what it was asked.
import { createServer } from "node:http";
import { once } from "node:events";

/** Answers `[status, body, headers]` in turn, the last one for ever. */
export async function serve(t, ...answers) {
  const asked = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    asked.push({ url: request.url, headers: request.headers, body: body ? JSON.parse(body) : undefined });
    const [status, answer, headers] = answers[Math.min(asked.length, answers.length) - 1];
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, baseURL: `http://127.0.0.1:${server.address().port}/v1` };
}

/** Sets variables of the environment for one test; undefined removes one. */
export function environment(t, variables) {
  for (const [name, value] of Object.entries(variables)) {
    const before = process.env[name];
    const set = (value) => (value === undefined ? delete process.env[name] : (process.env[name] = value));
    set(value);
    t.after(() => set(before));
  }
}
