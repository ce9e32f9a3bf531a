import { Badge, Button, Code, Group, Loader, Stack, Tabs, Text, ThemeIcon } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useLive } from "../api/live";
import { anyRequest, type Entry, providerKeys, stale } from "../api/queries";
import { follow, Link } from "../app/router";
import { useMay } from "../app/who";
import { ConnectProvider, useProviders } from "../ui/ConnectProvider";
import { CopyButton } from "../ui/Copy";
import { exactMoney, milliseconds } from "../ui/format";
import { Icon } from "../ui/Icon";
import { snippets } from "../ui/snippets";
import { PageTitle, Panel, Show } from "../ui/states";
import { TestKey } from "../ui/TestKey";

export default function Start() {
  const client = useQueryClient();
  const providers = useQuery(providerKeys());
  const log = useQuery(anyRequest());
  const [arrived, setArrived] = useState<Entry | null>(null);
  const state = useLive(
    {},
    arrived === null,
    (entry) => {
      setArrived(entry);
      stale(client, "requests");
      stale(client, "figures");
    },
    () => void log.refetch(),
  );
  const first = arrived ?? log.data?.requests[0] ?? null;
  const connected = (providers.data?.keys.length ?? 0) > 0;
  return (
    <>
      <PageTitle title="Get started" />
      <Stack>
        <Step number={1} title="Connect a provider" done={connected}>
          <Show of={providers} height={180}>
            {({ keys }) => (keys.length > 0 ? <Connected keys={keys} /> : <Connect />)}
          </Show>
        </Step>
        <Step number={2} title="Send a request" done={first !== null}>
          <Snippets />
        </Step>
        <Step number={3} title="See it arrive" done={first !== null}>
          <Show of={log} height={80}>
            {() => (first ? <Arrived entry={first} /> : <Awaited live={state === "live"} />)}
          </Show>
        </Step>
      </Stack>
    </>
  );
}

function Step({ number, title, done, children }: { number: number; title: string; done: boolean; children: ReactNode }) {
  return (
    <Panel
      title={`${number}. ${title}`}
      aside={
        done ? (
          <Badge color="teal" variant="light" leftSection={<Icon name="check" size={12} />}>
            Done
          </Badge>
        ) : undefined
      }
    >
      {children}
    </Panel>
  );
}

function Connect() {
  const may = useMay("manage_providers");
  if (!may) return <Text size="sm">An admin of your organization connects providers.</Text>;
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        Requests go out with your own key. It is sealed before it is stored, and no page shows it again.
      </Text>
      <ConnectProvider />
    </Stack>
  );
}

function Connected({ keys }: { keys: { id: string; provider: string; api_key: string }[] }) {
  const may = useMay("manage_providers");
  const { nameOf } = useProviders();
  return (
    <Stack gap="xs">
      {keys.map((key) => (
        <Group key={key.id} gap="sm">
          <Text size="sm" fw={600}>
            {nameOf(key.provider)}
          </Text>
          <Code>{key.api_key}</Code>
          {may && <TestKey id={key.id} name={`${nameOf(key.provider)} ${key.api_key}`} />}
        </Group>
      ))}
    </Stack>
  );
}

function Snippets() {
  const all = snippets(window.location.origin);
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        Any OpenAI client works: change its address, and give it a Promptly key. Yours was shown when you registered; a new one is made
        on the page <Link to="/keys">Keys</Link>.
      </Text>
      <Tabs defaultValue="python" keepMounted={false}>
        <Tabs.List>
          {all.map(({ id, name }) => (
            <Tabs.Tab key={id} value={id}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {all.map(({ id, name, code }) => (
          <Tabs.Panel key={id} value={id} pt="sm">
            <Stack gap="xs" align="flex-start">
              <Code block w="100%" tabIndex={0} aria-label={`Example for ${name}`}>
                {code}
              </Code>
              <CopyButton text={code} label={`Copy the example for ${name}`} />
            </Stack>
          </Tabs.Panel>
        ))}
      </Tabs>
    </Stack>
  );
}

function Awaited({ live }: { live: boolean }) {
  return (
    <Group gap="sm" mih={48} role="status">
      <Loader size="sm" type="dots" />
      <Text size="sm">{live ? "Listening. Your first request appears here as soon as it is answered." : "Connecting …"}</Text>
    </Group>
  );
}

function Arrived({ entry }: { entry: Entry }) {
  return (
    <Group justify="space-between" role="status" data-testid="arrived">
      <Group gap="sm">
        <ThemeIcon color="teal" variant="light" radius="xl" aria-hidden>
          <Icon name="check" />
        </ThemeIcon>
        <Text size="sm">
          {entry.baseline_model} → {entry.routed_model}, {milliseconds(entry.latency_ms)}, cost {exactMoney(entry.cost_usd)}
        </Text>
      </Group>
      <Group gap="xs">
        <Link to={`/requests/${entry.id}`}>Its receipt</Link>
        <Button component="a" href="/" onClick={follow("/")} size="xs" variant="light">
          To the overview
        </Button>
      </Group>
    </Group>
  );
}
