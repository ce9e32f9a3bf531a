// Server-sent events through fetch: EventSource cannot send the token in a header, and in an address it must not stand.
import { send } from "./client";

export interface ServerEvent {
  event: string;
  data: string;
}

/** Reads whole events out of pieces of text; what is not finished waits for the next piece. */
export class EventReader {
  #rest = "";

  read(piece: string): ServerEvent[] {
    const blocks = (this.#rest + piece).split(/\r?\n\r?\n/);
    this.#rest = blocks.pop() ?? "";
    return blocks.flatMap((block) => {
      let event = "message";
      const data: string[] = [];
      for (const line of block.split(/\r?\n/)) {
        if (line.startsWith("event:")) event = line.slice(6).trim();
        if (line.startsWith("data:")) data.push(line.slice(5).trimStart());
      }
      return data.length ? [{ event, data: data.join("\n") }] : [];
    });
  }
}

// The API says something every five seconds. Where it is silent for longer the connection is dead, though nobody may have told the
// browser: it slept, or is in another network now.
const SILENCE = 20_000;

export async function listen(
  url: string,
  signal: AbortSignal,
  opened: () => void,
  heard: (event: ServerEvent) => void,
): Promise<void> {
  const answer = await send("get", url, undefined, { accept: "text/event-stream" }, signal);
  if (!answer.body) return;
  opened();
  const reader = new EventReader();
  const text = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const silent = setTimeout(() => void text.cancel(), SILENCE);
    const { done, value } = await text.read().finally(() => clearTimeout(silent));
    if (done) return;
    for (const event of reader.read(value)) heard(event);
  }
}
