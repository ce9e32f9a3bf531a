import { useQuery } from "@tanstack/react-query";
import { providerKeys, routing } from "../../api/queries";

/** Names to choose from; any other may be typed. */
export function useModels(): string[] {
  const tiers = useQuery(routing()).data?.tiers ?? {};
  const listed = useQuery(providerKeys()).data?.keys.flatMap((key) => key.models) ?? [];
  return [...new Set([...Object.values(tiers).flatMap((models) => Object.values(models)), ...listed])].sort();
}
