import { Badge } from "@mantine/core";
import type { Entry } from "../api/queries";

const COLORS: Record<Entry["status"], string> = {
  success: "teal",
  cached: "cyan",
  fallback: "orange",
  error: "red",
  cancelled: "gray",
};

/** How a request ended; the word says it, the colour only helps. `short`: without the kind of hit or of error. */
export function Status({ entry, short }: { entry: Pick<Entry, "status" | "cache" | "error_code">; short?: boolean }) {
  const more = short ? null : entry.status === "cached" ? entry.cache : entry.status === "error" ? entry.error_code : null;
  return (
    <Badge variant="light" color={COLORS[entry.status]} miw="max-content">
      {entry.status}
      {more && ` · ${more}`}
    </Badge>
  );
}
