// New requests as they come. Where the connection ends, it is made again, with longer pauses while that fails. A tab that nobody
// sees has none: browsers allow a site six at a time, and those of hidden tabs would leave none for its pages.
import { useDocumentVisibility } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";
import { address, ApiError } from "./client";
import { listen } from "./events";
import { type Entry, type Filters, worthRetrying } from "./queries";

export type LiveState = "connecting" | "live" | "waiting" | "refused";

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;

export function useLive(filters: Filters, enabled: boolean, heard: (entry: Entry) => void, missed: () => void): LiveState {
  const [state, setState] = useState<LiveState>("connecting");
  const seen = useDocumentVisibility() === "visible";
  const handlers = useRef({ heard, missed });
  useEffect(() => {
    handlers.current = { heard, missed };
  });
  const url = address("/api/requests/stream", { query: filters });
  useEffect(() => {
    if (!enabled || !seen) return;
    const control = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let pause = FIRST_PAUSE;
    const open = async (): Promise<void> => {
      const began = Date.now();
      try {
        await listen(
          url,
          control.signal,
          () => {
            setState("live");
            handlers.current.missed(); // also the first time: what came between the list and the stream is in neither
          },
          (event) => {
            if (event.event === "request") handlers.current.heard(JSON.parse(event.data) as Entry);
            if (event.event === "missed") handlers.current.missed();
          },
        );
      } catch (error) {
        const refused = error instanceof ApiError && error.status !== 429 && !worthRetrying(0, error);
        if (refused && !control.signal.aborted) setState("refused");
        if (refused) return;
      }
      if (control.signal.aborted) return;
      setState("waiting");
      // One that ended as soon as it was open would do so again, and each reads the list anew.
      if (Date.now() - began > LONGEST_PAUSE) pause = FIRST_PAUSE;
      timer = setTimeout(() => void open(), pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    };
    setState("connecting");
    void open();
    return () => {
      control.abort();
      clearTimeout(timer);
    };
  }, [url, enabled, seen]);
  return state;
}
