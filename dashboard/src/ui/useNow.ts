import { useEffect, useState } from "react";

/** The time, told anew every so often, so that "a minute ago" does not stay one. What came in between is not in the future. */
export function useNow(every: number): number {
  const [told, setTold] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setTold(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return told;
}
