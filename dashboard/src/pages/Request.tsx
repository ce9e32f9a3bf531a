import { Anchor, Badge, Code, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Schema } from "../api/client";
import { type Detail, platformKeys, request, routingRules, teams } from "../api/queries";
import { Link } from "../app/router";
import { CopyButton } from "../ui/Copy";
import { Facts } from "../ui/Facts";
import { reasonOf } from "../ui/failures";
import { count, exactMoney, milliseconds, moment } from "../ui/format";
import { Ledger } from "../ui/Ledger";
import { ruleSentence, whySentence } from "../ui/routing";
import { PageTitle, Panel, Show } from "../ui/states";
import { Status } from "../ui/Status";
import { WrongAnswer } from "../ui/WrongAnswer";

export default function Request({ id }: { id: string }) {
  const found = useQuery(request(id));
  return (
    <>
      <Link to="/requests" size="sm">
        ← All requests
      </Link>
      <PageTitle title="Request" />
      <Show of={found} height={480}>
        {(entry) => (
          <Stack>
            <Panel title="What happened" aside={<Status entry={entry} />}>
              <About entry={entry} />
            </Panel>
            <SimpleGrid cols={{ base: 1, md: 2 }}>
              <Panel title="Receipt" aside={entry.receipt.estimated ? <Badge variant="light">estimated</Badge> : undefined}>
                <Receipt receipt={entry.receipt} cached={entry.cache_hit} />
              </Panel>
              <Stack>
                <Panel title="Routing and cache">
                  <Why entry={entry} />
                  {entry.cache === "semantic" && entry.cache_entry_id && <WrongAnswer entry={entry.cache_entry_id} verb="This answer was wrong" />}
                </Panel>
                <Panel title="Time and tokens">
                  <Measured entry={entry} />
                </Panel>
              </Stack>
            </SimpleGrid>
          </Stack>
        )}
      </Show>
    </>
  );
}

function About({ entry }: { entry: Detail }) {
  const tags = Object.entries(entry.tags);
  return (
    <Facts
      rows={[
        [
          "Id",
          <Group key="id" gap="xs">
            <Code>{entry.id}</Code>
            <CopyButton text={entry.id} label="Copy the request's id" />
          </Group>,
        ],
        ["Time", moment(entry.time)],
        ["Endpoint", `${entry.kind}${entry.stream ? ", streamed" : ""}${entry.raw ? ", forwarded as it came" : ""}`],
        ["Client", entry.client && <Link key="client" to={`/requests?client=${encodeURIComponent(entry.client)}`}>{entry.client}</Link>],
        ["Conversation", entry.session && <Link key="session" to={`/conversations/${encodeURIComponent(entry.session)}`}>All requests of this session</Link>],
        ["Ended because", entry.stop],
        ["Not passed on", entry.dropped.join(", ")],
        ["No price for", entry.unpriced.join(", ")],
        ["Inputs", entry.items > 0 && `${count(entry.items)}, ${count(entry.cached_items)} from the cache`],
        ["The provider's request id", entry.upstream_request_id && <Code key="upstream">{entry.upstream_request_id}</Code>],
        ["HTTP status", entry.error_code ? `${entry.status_code} (${entry.error_code})` : entry.status_code],
        ["Why it failed", reasonOf(entry)],
        ["Key", <KeyName key="key" id={entry.key_id} />],
        ["Team", entry.team_id && <TeamName key="team" id={entry.team_id} />],
        ["User", entry.user && <Link key="user" to={`/requests?user=${encodeURIComponent(entry.user)}`}>{entry.user}</Link>],
        ["Tags", tags.length > 0 && tags.map(([name, value]) => <Badge key={name} variant="outline" color="gray" mr={4}>{`${name}=${value}`}</Badge>)],
        ["Went without", entry.degraded.join(", ")],
        ["Trace", entry.trace_id && <Trace key="trace" id={entry.trace_id} url={entry.trace_url} />],
        ["Feedback", entry.feedback && `${entry.feedback.rating}${entry.feedback.cache_wrong ? ", the cached answer was wrong" : ""}`],
      ]}
    />
  );
}

/** By its name today; a team that is no more is known by its id alone. */
function TeamName({ id }: { id: string }) {
  const { data } = useQuery(teams());
  return <Link to={`/requests?team_id=${encodeURIComponent(id)}`}>{data?.teams.find((team) => team.id === id)?.name ?? id}</Link>;
}

/** By its name today; a key that was revoked is known by its id alone. */
function KeyName({ id }: { id: string }) {
  const key = useQuery(platformKeys()).data?.keys.find((one) => one.id === id);
  return <Link to={`/requests?key_id=${encodeURIComponent(id)}`}>{key ? `${key.name} …${key.last_four}` : id}</Link>;
}

function Trace({ id, url }: { id: string; url: string | null }) {
  if (!url) return <Code>{id}</Code>;
  return (
    <Anchor href={url} target="_blank" rel="noreferrer" size="sm" underline="always">
      {id} (in a new tab)
    </Anchor>
  );
}

function Receipt({ receipt, cached }: { receipt: Schema["Receipt"]; cached: boolean }) {
  if (receipt.cost_usd === null || receipt.baseline_cost_usd === null) {
    return <Text size="sm">No price is known for {(receipt.cost_usd === null && receipt.served_model) || receipt.baseline_model}, so there is nothing to add up.</Text>;
  }
  return (
    <Stack gap="xs">
      <Ledger
        sum={receipt}
        asked={`Asked for: ${receipt.baseline_model}`}
        paid={`Paid${cached ? ": no provider was asked" : receipt.served_model ? `: ${receipt.served_model}` : ""}`}
        note={`Prices of ${receipt.price_version ?? "an unknown version"}.`}
        report="Please report this request's id."
      />
      {receipt.not_done.length > 0 && (
        <Text size="xs" c="dimmed">
          Left undone: {receipt.not_done.join("; ")}
        </Text>
      )}
    </Stack>
  );
}

function Why({ entry }: { entry: Detail }) {
  const match = entry.cache_similarity === null ? entry.cache : `${entry.cache}, similarity ${entry.cache_similarity.toFixed(4)}`;
  const failed = entry.status === "error";
  const served = [entry.provider, entry.served_model].filter(Boolean).join(", ") || "nobody";
  const why = entry.routing_reason && whySentence(entry.routing_reason, entry.routed_model === entry.baseline_model);
  return (
    <Facts
      rows={[
        ["Model", entry.routed_model === entry.baseline_model ? entry.routed_model : `${entry.baseline_model} → ${entry.routed_model}`],
        ["Served by", failed ? "nobody" : entry.cache_hit ? `the cache (once by ${served})` : served],
        ["Asked in vain", failed && (entry.provider ? served : null)],
        ["Why", why],
        ["Rule", entry.rule_id && <RuleName key="rule" id={entry.rule_id} />],
        ["Tier", entry.tier],
        ["Complexity", entry.routing_score !== null && `${entry.routing_score.toFixed(2)} (0 is easy, 1 is hard)`],
        ["In shadow mode", entry.shadow_model && `${entry.shadow_model} would have saved ${exactMoney(entry.shadow_savings_usd)}`],
        ["Cache", match],
        ["Answer of", entry.cache_source_id && <Link key="source" to={`/requests/${entry.cache_source_id}`}>{entry.cache_source_id}</Link>],
        ["Fallback", entry.fallback_used && (failed ? "The first call failed, and so did the one to the requested model." : "The first call failed; it was repeated with the requested model and the prompt as it came.")],
      ]}
    />
  );
}

/** By its name today; a rule that was deleted is known by its id alone. */
function RuleName({ id }: { id: string }) {
  const rule = useQuery(routingRules()).data?.rules.find((one) => one.id === id);
  if (!rule) return <Code>{id}</Code>;
  return (
    <>
      <Link to="/routing">{rule.name}</Link>
      <Text size="xs" c="dimmed">
        {ruleSentence(rule)}
      </Text>
    </>
  );
}

function Measured({ entry }: { entry: Detail }) {
  const { latency_ms: took, tokens } = entry.receipt;
  return (
    <Facts
      rows={[
        ["Promptly", milliseconds(took.overhead)],
        ["Provider", milliseconds(took.provider)],
        ["Total", milliseconds(took.total)],
        ["First byte", took.first_byte !== null && milliseconds(took.first_byte)],
        ["Prompt tokens", `${count(entry.original_tokens)} → ${count(entry.optimized_tokens)}`],
        ["Cached input tokens", count(tokens.cache_read)],
        ["Output tokens", count(entry.output_tokens)],
      ]}
    />
  );
}
