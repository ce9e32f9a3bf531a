import { Button, Group, NativeSelect, Stack, Table, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call, type Schema } from "../../api/client";
import { captures, optimizationSettings, settle, type Settings, stale } from "../../api/queries";
import { Confirm } from "../../ui/Confirm";
import { Diff } from "../../ui/Diff";
import { Facts } from "../../ui/Facts";
import { count, lever, moment, money, percent } from "../../ui/format";
import { Nothing, Panel, Refused, Show, Wide } from "../../ui/states";

const SHARES: { value: Settings["capture"]; label: string }[] = [
  { value: "none", label: "Nothing" },
  { value: "sampled", label: "A tenth of the conversations" },
  { value: "all", label: "Every request" },
];
const LEVELS: Settings["level"][] = ["off", "conservative", "moderate", "aggressive"];
const DAYS = 7;
const MOST = 1000;

/** Requests that are kept with their text, for a while, and what other settings would have made of them. Only admins see them. */
export function Captures() {
  const client = useQueryClient();
  const settings = useQuery(optimizationSettings());
  const found = useQuery(captures(DAYS));
  return (
    <Panel title="Captured requests">
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          What is sent can be kept, sealed, for some days, so that admins can read it and try other settings on it. Answers are never kept. Each reading, trying and erasing is in the audit log.
        </Text>
        <Show of={settings} height={60}>
          {({ capture }) => <Share now={capture} />}
        </Show>
        <Show of={found} height={100}>
          {({ captures: all, total }) =>
            all.length === 0 ? (
              <Nothing title={`Nothing was captured in the last ${DAYS} days`} />
            ) : (
              <Stack gap="sm">
                <Group justify="space-between">
                  <Text size="sm">
                    {count(total)} of the last {DAYS} days{all.length < total && `, the newest ${count(all.length)} shown`}
                  </Text>
                  <Confirm
                    verb="Erase"
                    what="all captured requests"
                    warning="They cannot be read or tried any more."
                    run={async () => {
                      await call("delete", "/api/captures", {});
                      stale(client, "captures");
                    }}
                  />
                </Group>
                <Wide label="Captured requests, table" width={560}>
                  <Table verticalSpacing={6}>
                    <Table.Thead>
                      <Table.Tr>
                        <Table.Th>Time</Table.Th>
                        <Table.Th>Request</Table.Th>
                        <Table.Th>Kind</Table.Th>
                        <Table.Th ta="right">Bytes</Table.Th>
                        <Table.Th aria-label="Actions" />
                      </Table.Tr>
                    </Table.Thead>
                    <Table.Tbody>
                      {all.map((one) => (
                        <Table.Tr key={one.id}>
                          <Table.Td>{moment(one.time)}</Table.Td>
                          <Table.Td className="name">{one.id}</Table.Td>
                          <Table.Td>{one.kind}</Table.Td>
                          <Table.Td ta="right">{count(one.bytes)}</Table.Td>
                          <Table.Td ta="right">
                            <Confirm
                              verb="Erase"
                              what={one.id}
                              warning="It cannot be read or tried any more."
                              run={async () => {
                                await call("delete", "/api/captures/{request_id}", { path: { request_id: one.id } });
                                stale(client, "captures");
                              }}
                            />
                          </Table.Td>
                        </Table.Tr>
                      ))}
                    </Table.Tbody>
                  </Table>
                </Wide>
                <Replay />
              </Stack>
            )
          }
        </Show>
      </Stack>
    </Panel>
  );
}

function Share({ now }: { now: Settings["capture"] }) {
  const client = useQueryClient();
  const [wanted, setWanted] = useState(now);
  const change = useMutation({
    mutationFn: () => call("put", "/api/optimization/settings", { body: { capture: wanted } }),
    onSuccess: (changed) => settle(client, optimizationSettings().queryKey, changed),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <form onSubmit={submit} aria-label="What is captured">
      <Group align="flex-end">
        <NativeSelect label="Captured from now on" data={SHARES} value={wanted} onChange={(event) => setWanted(event.currentTarget.value as Settings["capture"])} />
        <Button type="submit" variant="default" disabled={wanted === now} loading={change.isPending}>
          {wanted === "none" ? "Stop capturing" : "Save"}
        </Button>
      </Group>
      <Refused error={change.error} />
    </form>
  );
}

function Replay() {
  const [level, setLevel] = useState<Settings["level"]>("moderate");
  const run = useMutation({ mutationFn: () => call("post", "/api/replay", { body: { days: DAYS, from: null, to: null, limit: MOST, settings: { level } } }) });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    run.mutate();
  };
  return (
    <Stack gap="sm">
      <form onSubmit={submit} aria-label="Try other settings">
        <Group align="flex-end">
          <NativeSelect label="Try the level" description="On what was captured; no provider is called" data={LEVELS} value={level} onChange={(event) => setLevel(event.currentTarget.value as Settings["level"])} />
          <Button type="submit" loading={run.isPending}>
            Try
          </Button>
        </Group>
      </form>
      <Refused error={run.error} />
      {run.data && <Predicted found={run.data} />}
    </Stack>
  );
}

function Predicted({ found }: { found: Schema["ReplayResult"] }) {
  const refused = Object.values(found.refused).reduce((sum, one) => sum + one, 0);
  return (
    <section aria-label="Predicted">
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          A prediction, not a measurement: answers are taken to be as long as the recorded ones.
        </Text>
        <Facts
          rows={[
            ["Tried", `${count(found.replayed)} of ${count(found.captured)}${refused > 0 ? `, ${count(refused)} could not be` : ""}`],
            ["Changed", percent(found.changed_share)],
            ["Cost without Promptly", money(found.as_asked_usd)],
            ["Cost as billed", money(found.actual_usd)],
            ["Cost as predicted", money(found.predicted_usd)],
            ["Input tokens", `${count(found.input_tokens_before)} before, ${count(found.input_tokens_after)} after`],
            ...found.levers.map((one): [string, string] => [lever(one.lever), money(one.savings_usd)]),
            ["Requests without a known price", found.unpriced > 0 && count(found.unpriced)],
            ["Services that did not take part", found.degraded.join(", ")],
          ]}
        />
        {found.examples.map((one) => (
          <details key={one.id}>
            <summary>
              {one.id}: {one.requested_model === one.model ? one.model : `${one.requested_model} → ${one.model}`}, {money(one.actual_usd)} billed, {money(one.predicted_usd)} predicted
            </summary>
            {one.diff.length > 0 ? <Diff messages={one.diff} /> : <Text size="sm">Its messages stay as they are, or are too long to be shown.</Text>}
          </details>
        ))}
      </Stack>
    </section>
  );
}
