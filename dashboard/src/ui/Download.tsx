import { Button, Group, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { address, ApiError, send } from "../api/client";
import { Icon } from "./Icon";

/** A file of the API's. A plain link could not carry the session's token. */
export function Download({ label, path, query, name }: { label: string; path: string; query: unknown; name: string }) {
  const save = useMutation({
    mutationFn: async () => {
      const answer = await send("get", address(path, { query }));
      const file = await answer.blob().catch(() => {
        throw new ApiError(0, "The export broke off. Try again.");
      });
      const called = fileName(name, new Date());
      handOver(file, called);
      return called;
    },
  });
  return (
    <Group gap="xs" className="no-print">
      <Button size="xs" variant="default" leftSection={<Icon name="download" size={14} />} loading={save.isPending} onClick={() => save.mutate()}>
        {label}
      </Button>
      <Text size="xs" role="status" c="dimmed">
        {save.isPending && "Exporting …"}
        {save.data && `Saved as ${save.data}`}
      </Text>
      {save.error && (
        <Text size="xs" role="alert" c="red">
          {save.error.message}
        </Text>
      )}
    </Group>
  );
}

/** A name that says when, by the viewer's clocks. */
export function fileName(name: string, now: Date): string {
  const two = (value: number): string => value.toString().padStart(2, "0");
  const day = `${now.getFullYear().toString().padStart(4, "0")}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `${name}-${day}-${two(now.getHours())}${two(now.getMinutes())}.csv`;
}

function handOver(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser may still be reading
}
