import { Alert, Button, Code, Group, NumberInput, Stack, Table, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { ApiError, call, type Schema } from "../api/client";
import { credits, purchases } from "../api/queries";
import { useAddress } from "../app/router";
import { useMay } from "../app/who";
import { count, moment, pounds } from "../ui/format";
import { Nothing, PageTitle, Panel, Show, Wide } from "../ui/states";
import { Returned } from "./credits/Returned";

type Left = Schema["CreditsLeft"];

export default function Credits() {
  const { query } = useAddress();
  const found = useQuery(credits());
  const may = useMay("manage_billing");
  return (
    <>
      <PageTitle title="Credits" />
      <Stack>
        <Returned checkout={query.get("checkout")} session={query.get("session_id")} />
        <Panel title="Balance">
          <Show of={found} height={96}>
            {(left) => <Balance left={left} />}
          </Show>
        </Panel>
        {!found.error && found.data?.balance_tokens !== null && (
          <Panel title="Buy credits">
            <Show of={found} height={162}>
              {(left) => <Buying left={left} />}
            </Show>
          </Panel>
        )}
        {may && <History />}
      </Stack>
    </>
  );
}

function Balance({ left }: { left: Left }) {
  if (left.balance_tokens === null) {
    return <Nothing title="Credits are not counted here">Whoever runs this Promptly has switched them off: the optimize API costs nothing.</Nothing>;
  }
  return (
    <Stack gap={4}>
      <Text size="xl" fw={650} className="figures" data-testid="balance">
        {count(left.balance_tokens)} tokens
      </Text>
      <Text size="sm" c="dimmed">
        Worth {pounds((left.balance_tokens * left.price_per_million_tokens) / 1e6)}, at {pounds(left.price_per_million_tokens)} for a million.
      </Text>
      <Text size="sm" c="dimmed">
        The optimize API takes as many as a prompt had before. Chat requests cost no credits. Credits are sold in pounds sterling (£); all
        other money here is in US dollars ($).
      </Text>
    </Stack>
  );
}

function Buying({ left }: { left: Left }) {
  const may = useMay("manage_billing");
  if (!left.can_buy) {
    return (
      <Text size="sm">
        Credits are not sold here. Whoever runs this Promptly gives them with <Code>promptly credits grant</Code>, or sells them once{" "}
        <Code>PROMPTLY_STRIPE_SECRET_KEY</Code> and <Code>PROMPTLY_STRIPE_WEBHOOK_SECRET</Code> are set.
      </Text>
    );
  }
  return may ? <Buy left={left} /> : <Text size="sm">An admin of your organization buys them.</Text>;
}

/** The tokens for a sum; in pence, because pounds with their fractions do not multiply exactly. */
export function tokensFor(gbp: number, pricePerMillion: number): number {
  return Math.floor((Math.round(gbp * 100) * 1e6) / Math.round(pricePerMillion * 100));
}

function Buy({ left }: { left: Left }) {
  const [amount, setAmount] = useState<number | string>(Math.max(10, left.minimum_purchase_gbp));
  const buy = useMutation({
    mutationFn: () => call("post", "/api/billing/credits/checkout", { body: { amount_gbp: Number(amount) } }),
    onSuccess: ({ url }) => window.location.assign(url),
  });
  const { reset } = buy;
  useEffect(() => {
    // Back from the payment page by the browser's own button, the page is as it was left: waiting to leave.
    const back = (event: PageTransitionEvent): void => {
      if (event.persisted) reset();
    };
    window.addEventListener("pageshow", back);
    return () => window.removeEventListener("pageshow", back);
  }, [reset]);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    buy.mutate();
  };
  const blamed = buy.error instanceof ApiError && "amount_gbp" in buy.error.fields;
  return (
    <form onSubmit={submit} aria-label="Buy credits">
      <Stack gap="sm">
        <NumberInput
          label="Pounds"
          description={`At least ${pounds(left.minimum_purchase_gbp)}, to the penny`}
          required
          prefix="£"
          min={left.minimum_purchase_gbp}
          max={10_000}
          decimalScale={2}
          hideControls
          maw={240}
          value={amount}
          error={blamed ? buy.error?.message.replace(/^amount_gbp: b/, "B") : undefined}
          onChange={setAmount}
        />
        <Text size="sm" role="status">
          That is {count(tokensFor(Number(amount), left.price_per_million_tokens))} tokens.
        </Text>
        {buy.error && !blamed && (
          <Alert color="red" role="alert">
            {buy.error.message}
          </Alert>
        )}
        <Group gap="sm">
          <Button type="submit" disabled={amount === ""} loading={buy.isPending || buy.isSuccess}>
            Buy
          </Button>
          <Text size="sm" c="dimmed">
            You pay on a page of Stripe's; no card number comes here.
          </Text>
        </Group>
      </Stack>
    </form>
  );
}

const KINDS: Record<Schema["Purchase"]["kind"], string> = { trial: "Trial", grant: "Given by the operator", purchase: "Bought" };

/** For admins: nobody else may ask what was bought. */
function History() {
  const found = useQuery(purchases());
  return (
    <Panel title="Purchases">
      <Show of={found} height={120}>
        {({ purchases: all }) =>
          all.length === 0 ? (
            <Nothing title="No credits came in yet">Buy some above, or ask whoever runs this Promptly.</Nothing>
          ) : (
            <Wide label="Purchases, table" width={640}>
              <Table verticalSpacing={6} className="figures">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>When</Table.Th>
                    <Table.Th>What</Table.Th>
                    <Table.Th ta="right">Tokens</Table.Th>
                    <Table.Th ta="right">Paid</Table.Th>
                    <Table.Th>Reference</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {all.map((one) => (
                    <Table.Tr key={one.id}>
                      <Table.Td>{moment(one.time)}</Table.Td>
                      <Table.Td>{KINDS[one.kind]}</Table.Td>
                      <Table.Td ta="right">{count(one.tokens)}</Table.Td>
                      <Table.Td ta="right">{one.kind === "purchase" ? pounds(one.amount_gbp) : "–"}</Table.Td>
                      <Table.Td>{one.kind === "purchase" && one.reference ? <Code>{one.reference}</Code> : "–"}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Wide>
          )
        }
      </Show>
    </Panel>
  );
}
