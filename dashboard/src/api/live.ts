// New requests as they come. Where the connection ends, it is made again, with longer pauses while that fails.
import { useEffect, useRef, useState } from "react";
import { address } from "./client";
import { listen } from "./events";
import type { Entry, Filters } from "./queries";

export type LiveState = "connecting" | "live" | "waiting";

export function useLive(filters: Filters, enabled: boolean, heard: (entry: Entry) => void, missed: () => void): LiveState {
  const [state, setState] = useState<LiveState>("connecting");
  const handlers = useRef({ heard, missed });
  useEffect(() => {
    handlers.current = { heard, missed };
  });
  const url = address("/api/requests/stream", { query: filters });
  useEffect(() => {
    if (!enabled) return;
    const control = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let pause = 1000;
    const open = async (): Promise<void> => {
      try {
        await listen(
          url,
          control.signal,
          () => {
            setState("live");
            pause = 1000;
            handlers.current.missed(); // also the first time: what came between the list and the stream is in neither
          },
          (event) => {
            if (event.event === "request") handlers.current.heard(JSON.parse(event.data) as Entry);
            if (event.event === "missed") handlers.current.missed();
          },
        );
      } catch {
        // tried again below; a session that ended has led to the sign-in page
      }
      if (control.signal.aborted) return;
      setState("waiting");
      timer = setTimeout(() => void open(), pause);
      pause = Math.min(pause * 2, 30_000);
    };
    setState("connecting");
    void open();
    return () => {
      control.abort();
      clearTimeout(timer);
    };
  }, [url, enabled]);
  return state;
}
