import { Collapse, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { alertRules } from "../api/queries";
import { useMay } from "../app/who";
import { ShownOnce } from "../ui/Copy";
import { Nothing, PageTitle, Panel, Show } from "../ui/states";
import { useNow } from "../ui/useNow";
import { useOpener } from "../ui/useOpener";
import { History } from "./alerts/History";
import { RuleCard } from "./alerts/RuleCard";
import { RuleForm } from "./alerts/RuleForm";
import { Webhooks } from "./alerts/Webhooks";
import type { Rule } from "./alerts/words";

export default function Alerts() {
  const now = useNow(5000);
  return (
    <>
      <PageTitle title="Alerts" />
      <Stack>
        <Rules now={now} />
        <History now={now} />
        <Webhooks />
      </Stack>
    </>
  );
}

function Rules({ now }: { now: number }) {
  const found = useQuery(alertRules());
  const may = useMay("write_alerts");
  const { open, button, done } = useOpener("New rule");
  const [secret, setSecret] = useState<string | null>(null);
  const kept = (rule: Rule): void => {
    const signing = rule.channel_config.webhook?.secret;
    if (signing && !signing.startsWith("…")) setSecret(signing); // masked but for the answer that made it
  };
  return (
    <Panel title="Rules" aside={may && button}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          A rule watches one figure of your organization, and tells when it crosses a threshold and when it is back.
        </Text>
        <Collapse expanded={open}>
          <RuleForm
            done={(rule) => {
              done();
              kept(rule);
            }}
          />
        </Collapse>
        {secret && (
          <ShownOnce secret={secret} name="signing secret" done={() => setSecret(null)}>
            Each call carries x-promptly-signature: t=…,v1=…, where v1 is the HMAC-SHA256 of &quot;t.body&quot; with this secret.
          </ShownOnce>
        )}
        <Show of={found} height={160}>
          {({ rules }) =>
            rules.length === 0 ? (
              <Nothing title="No rules yet">
                {may ? "Begin with the day's spend: a rule tells you before the bill does." : "An admin or a member adds them."}
              </Nothing>
            ) : (
              <Stack gap="xs">
                {rules.map((rule) => (
                  <RuleCard key={rule.id} rule={rule} now={now} kept={kept} />
                ))}
              </Stack>
            )
          }
        </Show>
      </Stack>
    </Panel>
  );
}
