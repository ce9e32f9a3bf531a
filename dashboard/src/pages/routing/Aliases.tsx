import { Box, Button, Collapse, Group, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { aliases } from "../../api/queries";
import { useMay } from "../../app/who";
import { Confirm } from "../../ui/Confirm";
import { Nothing, Panel, Show } from "../../ui/states";
import { useOpener } from "../../ui/useOpener";
import { type Alias, fallbacksSentence, modelsSentence, useAliasChange } from "./aliases";
import { AliasForm } from "./AliasForm";

export function Aliases() {
  const found = useQuery(aliases());
  const may = useMay("manage_settings");
  const { open, button, done } = useOpener("New alias");
  return (
    <Panel title="Aliases" aside={may && button}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          Names of your own that clients send as model. Each conversation gets one of an alias's models, as often as its weight says, and stays on it; where that one fails, a fallback answers. A model
          that no key reaches takes no part, and rules and tiers leave these requests alone.
        </Text>
        <Show of={found} height={120}>
          {({ aliases: named }) => {
            const sorted = Object.entries(named).sort(([one], [other]) => one.localeCompare(other));
            return (
              <>
                <Collapse expanded={open}>
                  <AliasForm done={done} />
                </Collapse>
                {sorted.length === 0 ? (
                  <Nothing title="No aliases yet">{may ? "Make one to change models without changing clients: “fast”." : "An admin of your organization makes them."}</Nothing>
                ) : (
                  <Box component="ul" className="rules" aria-label="Aliases">
                    {sorted.map(([name, alias]) => (
                      <Box component="li" key={name} className="rule">
                        <Row name={name} alias={alias} />
                      </Box>
                    ))}
                  </Box>
                )}
              </>
            );
          }}
        </Show>
      </Stack>
    </Panel>
  );
}

function Row({ name, alias }: { name: string; alias: Alias }) {
  const change = useAliasChange();
  const may = useMay("manage_settings");
  const [editing, { toggle, close }] = useDisclosure();
  const opener = useRef<HTMLButtonElement>(null);
  const saved = (): void => {
    close();
    opener.current?.focus();
  };
  return (
    <>
      <Group gap="xs" justify="space-between">
        <Box miw={0} flex="1 1 240px" style={{ overflowWrap: "anywhere" }}>
          <Text size="sm" fw={600}>
            {name}
          </Text>
          <Text size="sm">{modelsSentence(alias)}</Text>
          <Text size="sm" c="dimmed">
            {fallbacksSentence(alias)}
          </Text>
        </Box>
        {may && (
          <Group gap={4} wrap="nowrap">
            <Button ref={opener} size="xs" px="xs" variant="subtle" aria-label={`${editing ? "Close" : "Edit"} ${name}`} aria-expanded={editing} onClick={toggle}>
              {editing ? "Close" : "Edit"}
            </Button>
            <Confirm
              verb="Delete"
              what={name}
              warning="From then on requests that ask for this name are refused, unless a model is called so. It cannot be brought back."
              run={() => change(name, alias, null)}
            />
          </Group>
        )}
      </Group>
      {editing && (
        <Box mt="sm">
          <AliasForm name={name} alias={alias} done={saved} />
        </Box>
      )}
    </>
  );
}
