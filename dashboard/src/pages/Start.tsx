import { Alert, Badge, Button, Code, Group, Loader, Stack, Tabs, Text, ThemeIcon } from "@mantine/core";
import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useLive } from "../api/live";
import { answeredRequest, anyRequest, type Entry, keyTest, providerKeys, shownKey, stale } from "../api/queries";
import { follow, Link } from "../app/router";
import { useMay } from "../app/who";
import { ConnectProvider, useProviders } from "../ui/ConnectProvider";
import { CopyButton } from "../ui/Copy";
import { reasonOf } from "../ui/failures";
import { exactMoney, milliseconds } from "../ui/format";
import { Icon } from "../ui/Icon";
import { PLACEHOLDER, snippets } from "../ui/snippets";
import { PageTitle, Panel, Show } from "../ui/states";
import { TestKey } from "../ui/TestKey";

const ANSWERED: readonly Entry["status"][] = ["success", "fallback", "cached"];

export default function Start() {
  const client = useQueryClient();
  const may = useMay("manage_providers");
  const providers = useQuery(providerKeys());
  const newest = useQuery(anyRequest());
  const log = useQuery(answeredRequest());
  const [arrived, setArrived] = useState<Entry | null>(null);
  const answered = arrived && ANSWERED.includes(arrived.status) ? arrived : (log.data ?? null);
  const state = useLive(
    {},
    answered === null,
    (entry) => {
      setArrived(entry);
      stale(client, "requests");
      stale(client, "figures");
    },
    () => {
      void newest.refetch();
      void log.refetch();
    },
  );
  const last = arrived ?? newest.data?.requests[0];
  const failed = last && !ANSWERED.includes(last.status) ? last : null;
  const keys = providers.data?.keys ?? [];
  // Once a request was answered, a provider is reached, and nothing has to be called to find that out.
  const test = may && log.isSuccess && answered === null;
  const tests = useQueries({ queries: keys.map((key) => ({ ...keyTest(key.id), enabled: test })) });
  const reached = keys.length > 0 && (answered !== null || tests.some((one) => one.data?.ok === true));
  return (
    <>
      <PageTitle title="Get started" />
      <Stack>
        <Step number={1} title="Connect a provider" done={reached}>
          <Show of={providers} height={180}>
            {({ keys: connected }) => (connected.length > 0 ? <Connected keys={connected} test={test} /> : <Connect />)}
          </Show>
        </Step>
        <Step number={2} title="Send a request" done={answered !== null}>
          <Snippets />
        </Step>
        <Step number={3} title="See it arrive" done={answered !== null}>
          <Show of={log} height={80}>
            {() => (answered ? <Arrived entry={answered} /> : <Awaited live={state === "live"} failed={failed} />)}
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

function Connected({ keys, test }: { keys: { id: string; provider: string; api_key: string }[]; test: boolean }) {
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
          {may && <TestKey id={key.id} name={`${nameOf(key.provider)} ${key.api_key}`} byItself={test} />}
        </Group>
      ))}
    </Stack>
  );
}

function Snippets() {
  const { data: key } = useQuery(shownKey());
  const all = snippets(window.location.origin, key);
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        Any OpenAI client works: change its address, and give it a Promptly key.{" "}
        {key ? (
          "Yours stands in these examples, as it was shown a moment ago; once the page is loaded anew, it is not known here any more."
        ) : (
          <>
            Put it where {PLACEHOLDER} stands. Yours was shown when you registered; a new one is made on the page <Link to="/keys">Keys</Link>.
          </>
        )}
      </Text>
      <Tabs defaultValue="python" keepMounted={false}>
        <Tabs.List style={{ flexWrap: "nowrap" }}>
          {all.map(({ id, name }) => (
            <Tabs.Tab key={id} value={id} px={{ base: 10, xs: "md" }}>
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

function Awaited({ live, failed }: { live: boolean; failed: Entry | null }) {
  return (
    <Stack gap="sm">
      {failed && (
        <Alert color="red" icon={<Icon name="warning" />} title={failed.status === "cancelled" ? "The last request was cancelled" : "The last request failed"} role="alert" data-testid="failed">
          <Text size="sm">
            {failed.baseline_model}: HTTP status {failed.status_code}
            {failed.error_code && ` (${failed.error_code})`}. {reasonOf(failed)} <Link to={`/requests/${failed.id}`}>Look at this request</Link>
          </Text>
        </Alert>
      )}
      <Group gap="sm" mih={48} role="status">
        <Loader size="sm" type="dots" />
        <Text size="sm">{live ? "Listening. Your first answered request appears here as soon as it is answered." : "Connecting …"}</Text>
      </Group>
    </Stack>
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
