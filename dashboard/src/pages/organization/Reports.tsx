import { Button, Group, Stack, Switch, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call, type Schema } from "../../api/client";
import { reports, settle } from "../../api/queries";
import { Panel, Refused, Show } from "../../ui/states";

type Chosen = Schema["Reports"];
type Period = "month" | "week";

/** Reports by mail to whoever is signed in, and what one says. */
export function Reports() {
  const found = useQuery(reports());
  const preview = useMutation({ mutationFn: (period: Period) => call("get", "/api/reports/preview", { query: { period } }) });
  return (
    <Panel title="Reports by mail">
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          What was spent and saved, measured and estimated apart, with the teams, keys and models that cost most, beside the period before. It comes to your own
          address in the morning (UTC) after the month or week has ended.
        </Text>
        <Show of={found} height={60}>
          {(chosen) => <Choice chosen={chosen} />}
        </Show>
        <Group gap="sm">
          {(["month", "week"] as const).map((period) => (
            <Button key={period} size="xs" variant="default" loading={preview.isPending && preview.variables === period} onClick={() => preview.mutate(period)}>
              Show last {period}&apos;s
            </Button>
          ))}
        </Group>
        <Refused error={preview.error} />
        <div role="status">
          {preview.data && (
            <Stack gap={4}>
              <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
                {preview.data.subject}
              </Text>
              <pre className="mail" tabIndex={0} role="group" aria-label="The report, as plain text">
                {preview.data.text}
              </pre>
            </Stack>
          )}
        </div>
      </Stack>
    </Panel>
  );
}

function Choice({ chosen }: { chosen: Chosen }) {
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (body: Schema["ReportsBody"]) => call("put", "/api/reports", { body }),
    onSuccess: (now) => settle(client, reports().queryKey, now),
  });
  const { mail, monthly, weekly } = save.isPending ? { ...chosen, ...save.variables } : chosen;
  const change = (more: Partial<Schema["ReportsBody"]>): void => save.mutate({ monthly, weekly, ...more });
  return (
    <Stack gap="xs">
      <Switch label="Every month" disabled={save.isPending || (!mail && !monthly)} checked={monthly} onChange={(event) => change({ monthly: event.currentTarget.checked })} />
      <Switch label="Every week" disabled={save.isPending || (!mail && !weekly)} checked={weekly} onChange={(event) => change({ weekly: event.currentTarget.checked })} />
      {!mail && (
        <Text size="sm" c="dimmed">
          No mail server is set up here (PROMPTLY_SMTP_URL), so none can be sent.
        </Text>
      )}
      <Refused error={save.error} />
    </Stack>
  );
}
