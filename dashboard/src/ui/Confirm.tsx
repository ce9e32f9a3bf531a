import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import { Refused } from "./states";

/** A button for what cannot be undone: it asks first, and says what went wrong. */
export function Confirm({ verb, what, warning, run }: { verb: string; what: string; warning: string; run: () => Promise<unknown> }) {
  const [open, { open: ask, close }] = useDisclosure();
  const task = useMutation({ mutationFn: run, onSuccess: close });
  const begin = (): void => {
    task.reset();
    ask();
  };
  return (
    <>
      <Button size="xs" variant="subtle" color="red" aria-label={`${verb} ${what}`} onClick={begin}>
        {verb}
      </Button>
      <Modal opened={open} onClose={close} title={`${verb} ${what}?`} closeButtonProps={{ "aria-label": "Close" }} centered>
        <Stack>
          <Text size="sm">{warning}</Text>
          <Refused error={task.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Keep it
            </Button>
            <Button color="red" loading={task.isPending} onClick={() => task.mutate()}>
              {verb}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
