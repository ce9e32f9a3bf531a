import { ActionIcon, AppShell, Box, Burger, Group, Menu, NavLink, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { type ReactNode, useEffect, useRef } from "react";
import { Icon } from "../ui/Icon";
import { Outdated } from "../ui/states";
import { signOut, useOtherScheme } from "./account";
import { useOtherDensity, useShownDensity } from "./density";
import { Firing } from "./Firing";
import { TITLES, useMenu } from "./pages";
import { Palette } from "./Palette";
import { follow, useAddress } from "./router";
import { Shortcuts } from "./Shortcuts";
import { useWho } from "./who";

export function Frame({ section, children }: { section: string; children: ReactNode }) {
  const [open, { toggle, close }] = useDisclosure();
  const { path } = useAddress();
  const menu = useMenu();
  useShownDensity();
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    close();
    document.getElementById("main")?.focus({ preventScroll: true }); // the link that led here may be gone
  }, [path, close]);
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 216, breakpoint: "sm", collapsed: { mobile: !open } }}
      padding={{ base: "md", sm: "lg" }}
    >
      <AppShell.Header>
        <a href="#main" className="skip">
          Skip to the page
        </a>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={open} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Menu" aria-expanded={open} />
            <Brand />
          </Group>
          <Group gap="xs" wrap="nowrap">
            <Palette />
            <Scheme />
            <Account />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" aria-label="Pages" className="menu" data-shut={!open || undefined}>
        {menu.map((page, at) => (
          <NavLink
            key={page.section}
            className={at > 0 && page.group !== menu[at - 1]?.group ? "group" : undefined}
            href={`/${page.section}`}
            onClick={follow(`/${page.section}`, close)}
            label={page.label}
            leftSection={<Icon name={page.icon} />}
            active={section === page.section}
            aria-current={section === page.section ? "page" : undefined}
            variant="light"
            style={{ borderRadius: "var(--mantine-radius-md)" }}
          />
        ))}
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1} aria-label={TITLES.get(section)}>
        <Box maw={1200} mx="auto">
          <Outdated />
          {section !== "alerts" && <Firing />}
          <Shortcuts />
          {children}
        </Box>
      </AppShell.Main>
    </AppShell>
  );
}

export function Brand() {
  return (
    <Group gap={8} wrap="nowrap">
      <img src="/icon.svg" alt="" width={24} height={24} />
      <Text fw={700} size="lg">
        Promptly
      </Text>
    </Group>
  );
}

export function Scheme() {
  const { other, use } = useOtherScheme();
  return (
    <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Use ${other} colours`} onClick={use}>
      <Icon name={other === "light" ? "sun" : "moon"} />
    </ActionIcon>
  );
}

function Account() {
  const { user, org } = useWho();
  const density = useOtherDensity();
  return (
    <Menu position="bottom-end" width={260}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Account of ${user.email}`}>
          <Icon name="person" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Box px="sm" py="xs">
          <Text size="sm" fw={600} truncate>
            {org.name}
          </Text>
          <Text size="sm" c="dimmed" truncate>
            {user.email} · {user.role}
          </Text>
        </Box>
        <Menu.Divider />
        <Menu.Item component="a" href="/organization" onClick={follow("/organization")}>
          Account and organization
        </Menu.Item>
        <Menu.Item onClick={density.use}>Use {density.other} tables</Menu.Item>
        <Menu.Item onClick={() => void signOut()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
