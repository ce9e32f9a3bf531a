import { Alert, Button, Code, Group, Stack, Text } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { heading } from "./focus";
import { Icon } from "./Icon";

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // plain http on another machine: the browser keeps its clipboard to itself
  }
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [state, setState] = useState<"idle" | "done" | "failed">("idle");
  const press = async (): Promise<void> => {
    setState((await copy(text)) ? "done" : "failed");
    setTimeout(() => setState("idle"), 2000);
  };
  const said = { idle: "Copy", done: "Copied", failed: "Select it by hand" }[state];
  return (
    <Button
      size="xs"
      variant="default"
      aria-label={state === "idle" ? label : said}
      aria-live="polite"
      leftSection={<Icon name={state === "done" ? "check" : "copy"} size={14} />}
      onClick={() => void press()}
    >
      {said}
    </Button>
  );
}

/** Ends what is shown once; the focus, whose button goes with it, is at the panel's heading then. */
export function PutAway({ done, children }: { done: () => void; children: string }) {
  return (
    <Button
      size="xs"
      variant="subtle"
      color="gray"
      onClick={(event) => {
        const place = heading(event.currentTarget);
        done();
        place?.focus();
      }}
      style={{ alignSelf: "flex-start" }}
    >
      {children}
    </Button>
  );
}

/** A secret that nobody will see again; `children` say what it is for. */
export function ShownOnce({ secret, name = "key", done, children }: { secret: string; name?: string; done?: () => void; children?: ReactNode }) {
  return (
    <Alert color="teal" title={`Your ${name}`} icon={<Icon name="key" />} data-testid="shown-once">
      <Stack gap="xs">
        <Text size="sm">Copy it now: it is shown this once, and nobody can show it again.</Text>
        <Group gap="xs">
          <Code fz="sm" style={{ overflowWrap: "anywhere" }}>
            {secret}
          </Code>
          <CopyButton text={secret} label={`Copy the ${name}`} />
        </Group>
        {children && <Text size="sm">{children}</Text>}
        {done && <PutAway done={done}>I have stored it</PutAway>}
      </Stack>
    </Alert>
  );
}
