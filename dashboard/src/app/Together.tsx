// The parts of a page appear together: one that is answered later would move the others.
import { Center, Loader } from "@mantine/core";
import { type Query, useIsFetching, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";

const LONGEST = 1000; // ms; from then on each part shows what it has
const UNANSWERED = { predicate: ({ state }: Query) => state.data === undefined } as const;

export function Together({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const waiting = useIsFetching(UNANSWERED);
  const [ready, setReady] = useState(false);
  useEffect(() => {
    // The parts have begun to ask by now, which `waiting` does not know yet.
    if (client.isFetching(UNANSWERED) === 0) setReady(true);
  }, [client, waiting]);
  useEffect(() => {
    const timer = setTimeout(() => setReady(true), LONGEST);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="together" aria-busy={!ready}>
      {!ready && (
        <Center className="late">
          <Loader />
        </Center>
      )}
      <div style={{ visibility: ready ? undefined : "hidden" }}>{children}</div>
    </div>
  );
}
