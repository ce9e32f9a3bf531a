import { Badge, Group, Stack, Text } from "@mantine/core";
import type { Schema } from "../../api/client";
import { channelName } from "./words";

type Notification = Schema["Notification"];
const COLORS: Record<Notification["state"], string> = { sent: "teal", waiting: "orange", failed: "red" };

/** What became of telling each channel. */
export function Told({ notifications }: { notifications: Notification[] }) {
  return (
    <Stack gap={4}>
      {notifications.map((one) => (
        <Group key={one.channel} gap={6} wrap="nowrap" align="flex-start">
          <Badge variant="light" color={COLORS[one.state]} miw="max-content">
            {channelName(one.channel)}: {one.state}
          </Badge>
          {one.error && (
            <Text size="sm" c="dimmed" maw={320} style={{ whiteSpace: "normal" }}>
              {one.state === "waiting" && `Tried ${one.attempts === 1 ? "once" : `${one.attempts} times`}. `}
              {one.error}
            </Text>
          )}
        </Group>
      ))}
    </Stack>
  );
}
