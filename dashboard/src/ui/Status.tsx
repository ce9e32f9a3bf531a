import { Badge } from "@mantine/core";
import type { Entry } from "../api/queries";

const COLORS: Record<Entry["status"], string> = {
  success: "teal",
  cached: "cyan",
  fallback: "orange",
  error: "red",
  cancelled: "gray",
};

/** How a request ended; the word says it, the colour only helps. */
export function Status({ entry }: { entry: Pick<Entry, "status" | "cache" | "error_code"> }) {
  const more = entry.status === "cached" ? entry.cache : entry.status === "error" ? entry.error_code : null;
  return (
    <Badge variant="light" color={COLORS[entry.status]} miw="max-content">
      {entry.status}
      {more && ` · ${more}`}
    </Badge>
  );
}
