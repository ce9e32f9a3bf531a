import { act, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { useLive } from "../src/api/live";

let streams: ReadableStreamDefaultController<Uint8Array>[] = [];
let status = 200;
let missed = 0;

function Watching() {
  return <p>{useLive({}, true, () => undefined, () => (missed += 1))}</p>;
}

/** Lets so much time pass, and whatever waits for it happen. */
async function pass(ms: number): Promise<void> {
  await act(() => vi.advanceTimersByTimeAsync(ms));
}

function look(state: "visible" | "hidden"): void {
  Object.defineProperty(document, "visibilityState", { configurable: true, value: state });
  act(() => void document.dispatchEvent(new Event("visibilitychange")));
}

beforeEach(() => {
  [streams, status, missed] = [[], 200, 0];
  vi.useFakeTimers();
  vi.stubGlobal("fetch", async (_: string, { signal }: RequestInit) => {
    if (status !== 200) return new Response(JSON.stringify({ detail: "No." }), { status });
    const body = new ReadableStream<Uint8Array>({
      start(control) {
        streams.push(control);
        signal?.addEventListener("abort", () => control.error(signal.reason));
      },
    });
    return new Response(body);
  });
});

afterEach(() => {
  look("visible");
  vi.useRealTimers();
});

it("a connection that fell silent is made again, and what it missed is read", async () => {
  render(<Watching />);
  await pass(0);
  expect([screen.getByText("live"), missed, streams.length]).toEqual([expect.anything(), 1, 1]);
  for (let beat = 0; beat < 10; beat += 1) {
    streams[0]?.enqueue(new TextEncoder().encode(": still here\n\n"));
    await pass(5000);
  }
  expect(streams.length).toBe(1);
  await pass(15_500);
  expect(screen.getByText("waiting")).toBeTruthy();
  await pass(1000);
  expect([screen.getByText("live"), missed, streams.length]).toEqual([expect.anything(), 2, 2]);
});

it("one that ends as soon as it is open is tried ever more rarely", async () => {
  render(<Watching />);
  for (let second = 0; second < 120; second += 1) {
    await pass(1000);
    for (const stream of streams.splice(0)) stream.close();
  }
  expect(missed).toBeLessThan(10);
  expect(missed).toBeGreaterThan(4);
});

it("what is refused is not asked again, and a part that is away is", async () => {
  status = 400;
  render(<Watching />);
  await pass(120_000);
  expect(screen.getByText("refused")).toBeTruthy();
  status = 503;
  render(<Watching />);
  await pass(500);
  status = 200;
  await pass(1000);
  expect(screen.getByText("live")).toBeTruthy();
});

it("a tab that nobody sees listens to nothing", async () => {
  render(<Watching />);
  await pass(0);
  look("hidden");
  await pass(60_000);
  expect(streams.length).toBe(1);
  expect(() => streams[0]?.enqueue(new Uint8Array(1))).toThrow(); // closed
  look("visible");
  await pass(0);
  expect([streams.length, missed]).toEqual([2, 2]);
});
