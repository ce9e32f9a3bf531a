import { Button, Group, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { address, ApiError, send } from "../../api/client";
import type { Filters } from "../../api/queries";
import { Icon } from "../../ui/Icon";
import { fileName } from "./period";

/** The log as a file. A plain link could not carry the session's token. */
export function Export({ filters }: { filters: Filters }) {
  const save = useMutation({
    mutationFn: async () => {
      const answer = await send("get", address("/api/requests/export.csv", { query: filters }));
      const file = await answer.blob().catch(() => {
        throw new ApiError(0, "The export broke off. Try again.");
      });
      const name = fileName(new Date());
      handOver(file, name);
      return name;
    },
  });
  return (
    <Group gap="xs">
      <Button size="xs" variant="default" leftSection={<Icon name="download" size={14} />} loading={save.isPending} onClick={() => save.mutate()}>
        Export CSV
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

function handOver(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser may still be reading
}
