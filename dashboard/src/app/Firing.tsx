// A line above every page while an alert fires.
import { Alert, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { alertRules } from "../api/queries";
import { Icon } from "../ui/Icon";
import { Link } from "./router";

const NAMED = 3;

export function Firing() {
  const rules = useQuery(alertRules()).data?.rules.filter((rule) => rule.is_active && rule.firing_since !== null) ?? [];
  if (rules.length === 0) return null;
  const named = rules.slice(0, NAMED).map((rule) => rule.name);
  const more = rules.length - named.length;
  return (
    <Alert color="red" icon={<Icon name="bell" />} role="status" mb="md" p="xs" data-testid="firing" className="no-print">
      <Text size="sm" style={{ overflowWrap: "anywhere" }}>
        {rules.length === 1 ? "An alert is firing" : "Alerts are firing"}: {named.join(", ")}
        {more > 0 && ` and ${more} more`}. <Link to="/alerts">Look at the alerts</Link>
      </Text>
    </Alert>
  );
}
