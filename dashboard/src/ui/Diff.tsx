import { Badge, Card, Group, Stack, Text } from "@mantine/core";
import type { Schema } from "../api/client";

type Message = Schema["MessageChange"];
const COLORS: Record<Message["change"], string> = { kept: "gray", changed: "cyan", removed: "red", added: "teal" };

/** A blank that goes is shown as what it is: nobody sees a struck out line break. */
function visible(text: string): string {
  return /\S/.test(text) ? text : text.replaceAll(" ", "·").replaceAll("\t", "⇥").replaceAll("\n", "⏎\n");
}

export function Diff({ messages }: { messages: Message[] }) {
  return (
    <Stack gap="xs">
      {messages.map((message, at) => (
        <Card key={at} withBorder padding="sm">
          <Group gap="xs" mb={4}>
            <Text size="sm" fw={600}>
              {message.role}
            </Text>
            <Badge size="sm" variant="light" color={COLORS[message.change]}>
              {message.change}
            </Badge>
          </Group>
          <pre className="diff">
            {message.text.map((piece, place) =>
              piece.op === "removed" ? (
                <del key={place}>{visible(piece.text)}</del>
              ) : piece.op === "added" ? (
                <ins key={place}>{visible(piece.text)}</ins>
              ) : (
                <span key={place}>{piece.text}</span>
              ),
            )}
          </pre>
        </Card>
      ))}
    </Stack>
  );
}
