import { Button, Group, NumberInput, SimpleGrid, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call, type Schema } from "../api/client";
import { holdout, holdoutResults, settle, stale } from "../api/queries";
import { useMay } from "../app/who";
import { Figure } from "../ui/Figure";
import { count, DASH, percent } from "../ui/format";
import { PageTitle, Panel, Refused, Show } from "../ui/states";
import { AuditLog } from "./measured/AuditLog";
import { Guard } from "./measured/Guard";
import { Levers } from "./measured/Levers";
import { between, Quality } from "./measured/Quality";

const LARGEST = 20; // percent, as the API takes it

export default function Measured() {
  const results = useQuery(holdoutResults());
  const may = useMay("manage_settings");
  return (
    <>
      <PageTitle title="Measured" />
      <Stack>
        <Show of={results} height={{ base: 274, md: 138 }} name="Results">
          {(data) => <Results data={data} />}
        </Show>
        <Holdout />
        {results.data && <OwnArms effects={results.data.levers} />}
        {results.data && results.data.quality.length > 0 && (
          <Panel title="Quality">
            <Quality rows={results.data.quality} />
          </Panel>
        )}
        {may ? (
          <>
            <Guard />
            <AuditLog />
          </>
        ) : (
          <Text size="sm" c="dimmed">
            What the guard switched off, and who changed what, is shown to admins.
          </Text>
        )}
      </Stack>
    </>
  );
}

function Results({ data }: { data: Schema["HoldoutResults"] }) {
  const all = data.conversations_treated + data.conversations_control;
  const { measured } = data;
  return (
    <SimpleGrid cols={{ base: 1, xs: 3 }} spacing={{ base: "xs", xs: "md" }}>
      <Figure label="Measured" value={measured ? percent(measured.value) : DASH} color={measured ? "teal" : undefined}>
        {measured
          ? `between ${between(measured, percent)} at 95 %, however often somebody looks: conversations with the levers against those without`
          : data.status === "off"
            ? "No holdout runs, so nothing is measured"
            : "Not enough conversations yet: it takes thirty on each side"}
      </Figure>
      <Figure label="Estimated" value={percent(data.estimated)}>
        {data.estimated === null
          ? "From the receipts of the conversations in a holdout; the Overview has those of all requests"
          : "the sum of the receipts: what the same requests would have cost by price lists. It answers another question, and is not mixed with the measured one"}
      </Figure>
      <Figure label="Conversations held out" value={data.status === "off" ? DASH : `${count(data.conversations_control)} of ${count(all)}`}>
        in the last 28 days
        {data.unpriced_conversations > 0 && `; ${count(data.unpriced_conversations)} without a known price are left out`}
        {data.mixed_conversations > 0 && `; ${count(data.mixed_conversations)} that changed sides count nowhere`}
      </Figure>
    </SimpleGrid>
  );
}

function OwnArms({ effects }: { effects: Schema["LeverEffect"][] }) {
  const found = useQuery(holdout());
  return (
    <Panel title="Single levers">
      <Show of={found} height={100}>
        {({ levers }) => <Levers arms={levers} effects={effects} />}
      </Show>
    </Panel>
  );
}

function Holdout() {
  const found = useQuery(holdout());
  return (
    <Panel title="Holdout">
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          A share of the conversations runs without levers: no shortening, no answers from the cache, no routing. What the others cost beside
          them is what the levers save, and what people ask again shows whether answers got worse. It costs what the levers would have saved on
          that share.
        </Text>
        <Show of={found} height={62}>
          {({ share }) => <Share share={share} />}
        </Show>
      </Stack>
    </Panel>
  );
}

function Share({ share }: { share: number }) {
  const client = useQueryClient();
  const may = useMay("manage_settings");
  const stored = Number((share * 100).toFixed(4));
  const [typed, setTyped] = useState<number | string | null>(null);
  const value = typed ?? stored;
  const save = useMutation({
    mutationFn: (percents: number) => call("put", "/api/experiments/holdout", { body: { share: Number((percents / 100).toFixed(6)), unit: "conversation" } }),
    onSuccess: async (now) => {
      await settle(client, holdout().queryKey, now);
      setTyped(null);
      stale(client, "holdout");
      stale(client, "settings");
      stale(client, "audit");
    },
  });
  if (!may) {
    return <Text size="sm">{share > 0 ? `${percent(share)} of the conversations are held out. Admins change this.` : "No holdout runs. An admin switches it on."}</Text>;
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (typeof value === "number") save.mutate(value);
  };
  return (
    <form onSubmit={submit} aria-label="Holdout">
      <Stack gap="sm">
        <Group align="flex-end" gap="sm">
          <NumberInput label="Share held out (%)" description={`0 switches it off, ${LARGEST} is the most`} min={0} max={LARGEST} decimalScale={1} required w={220} value={value} onChange={setTyped} />
          <Button type="submit" loading={save.isPending} disabled={typeof value !== "number" || value === stored}>
            Save
          </Button>
          {share === 0 && typed === null && (
            <Button variant="light" onClick={() => setTyped(5)}>
              Take 5 %
            </Button>
          )}
          <Text size="sm" c="dimmed" role="status" pb={6}>
            {value !== stored ? "Not saved yet" : share > 0 ? "On" : "Off"}
          </Text>
        </Group>
        <Refused error={save.error} />
      </Stack>
    </form>
  );
}
