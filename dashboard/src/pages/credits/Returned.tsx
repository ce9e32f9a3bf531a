import { Alert, Code } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { purchases, stale } from "../../api/queries";
import { useMay } from "../../app/who";
import { count } from "../../ui/format";
import { Icon } from "../../ui/Icon";

const EVERY = 3000;
const PATIENCE = 120_000;

/** What somebody reads who comes back from the page that takes the money. */
export function Returned({ checkout, session }: { checkout: string | null; session: string | null }) {
  const may = useMay("manage_billing");
  if (checkout === "cancelled") {
    return (
      <Alert color="gray" title="Nothing was bought" role="status">
        You left the payment page, and were not charged.
      </Alert>
    );
  }
  if (checkout !== "done") return null;
  return may && session ? <Arriving session={session} /> : <Paid />;
}

function Paid() {
  return (
    <Alert color="teal" title="Paid" icon={<Icon name="check" />} role="status">
      The credits arrive within a minute.
    </Alert>
  );
}

/** Stripe tells us apart from the browser, mostly a moment later: asked for until then, but not for ever. */
function Arriving({ session }: { session: string }) {
  const client = useQueryClient();
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), PATIENCE);
    return () => clearTimeout(timer);
  }, []);
  const found = useQuery({
    ...purchases(),
    refetchInterval: ({ state }) => (late || state.data?.purchases.some((one) => one.reference === session) ? false : EVERY),
  });
  const tokens = found.data?.purchases.find((one) => one.reference === session)?.tokens;
  useEffect(() => {
    if (tokens !== undefined) stale(client, "credits", "left");
  }, [tokens, client]);
  if (tokens !== undefined) {
    return (
      <Alert color="teal" title="Paid" icon={<Icon name="check" />} role="status">
        {count(tokens)} tokens have arrived.
      </Alert>
    );
  }
  if (!late) return <Paid />;
  return (
    <Alert color="orange" title="Not arrived yet" icon={<Icon name="warning" />} role="status">
      Stripe has not told us of the payment so far. Look again in a few minutes; if nothing has come then, give whoever runs this Promptly
      this reference: <Code style={{ overflowWrap: "anywhere" }}>{session}</Code>
    </Alert>
  );
}
