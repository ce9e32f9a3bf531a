// A Chromium of its own, and pages that remember what their console complained about.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const FLAGS =
  "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";

/** Runs `visit(page, complaints)` in a new profile. */
export async function browse(options, visit) {
  const profile = await mkdtemp(join(tmpdir(), "promptly-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.PROMPTLY_CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: FLAGS.split(" "),
    viewport: { width: 1280, height: 860 },
    ...options,
  });
  const complaints = [];
  try {
    context.setDefaultTimeout(10_000);
    const page = context.pages()[0] ?? (await context.newPage());
    page.on("console", (message) => message.type() === "error" && complaints.push(`${message.text()} ${message.location().url ?? ""}`));
    page.on("pageerror", (error) => complaints.push(String(error)));
    return await visit(page, complaints);
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  }
}
