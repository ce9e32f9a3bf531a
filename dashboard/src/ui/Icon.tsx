// The few icons that are needed, drawn here: a set of thousands is not.
const PATHS = {
  chart: "M4 20V10M10 20V4M16 20v-7M21 20H3",
  gauge: "M4.5 18a9 9 0 1 1 15 0M12 14l4-5M12 14h.01",
  scales: "M12 4v16M7 20h10M5 7h14M5 7l-3 7h6zM19 7l-3 7h6z",
  pie: "M12 3v9l6.5 6.2M21 12a9 9 0 1 1-9-9 9 9 0 0 1 9 9zM12 12h9",
  list: "M8 6h13M8 12h13M8 18h13M3.5 6h.01M3.5 12h.01M3.5 18h.01",
  key: "M7.5 16a4 4 0 1 1 0-8 4 4 0 0 1 0 8zM11.5 12H21v3.5M17 12v3",
  sliders: "M4 6h10M18 6h2M4 12h2M10 12h10M4 18h8M16 18h4M16 4v4M8 10v4M14 16v4",
  flag: "M5 21V4h13l-3 4.5 3 4.5H5",
  route: "M6 5v5c0 3 3 4 6 4s6 1 6 4v1M6 5 3.5 7.5M6 5l2.5 2.5M18 19l-2.5-2.5M18 19l2.5-2.5M18 5v3c0 1.5-1 2.6-2.4 3.2M6 19v-3",
  stack: "M12 3 3 8l9 5 9-5zM3 12.5l9 5 9-5M3 17l9 5 9-5",
  bell: "M6 17V11a6 6 0 0 1 12 0v6l2 1.5H4zM10 21h4",
  people: "M12 8.5a3.5 3.5 0 1 1-7 0 3.5 3.5 0 0 1 7 0zM2 20a6.5 6.5 0 0 1 13 0M16 5.3a3.5 3.5 0 0 1 0 6.4M18 14.2a6.5 6.5 0 0 1 4 5.8",
  house: "M4 21V6l8-3 8 3v15M2 21h20M9 21v-4h6v4M9 9h.01M15 9h.01M9 13h.01M15 13h.01",
  coin: "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0zM15 9.5c0-1.2-1.3-2-3-2s-3 .8-3 2.2c0 3.2 6 1.5 6 4.6 0 1.4-1.3 2.2-3 2.2s-3-.8-3-2M12 6v1.5M12 16.5V18",
  wallet: "M3 7.5V18a2 2 0 0 0 2 2h14a2 2 0 0 0 2-2v-8a2 2 0 0 0-2-2H5a2 2 0 0 1-2-2 2 2 0 0 1 2-2h12v4M16.5 14h.01",
  grip: "M9 5h.01M15 5h.01M9 12h.01M15 12h.01M9 19h.01M15 19h.01",
  sun: "M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M5.6 18.4 7 17M17 7l1.4-1.4M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0z",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
  person: "M16 8a4 4 0 1 1-8 0 4 4 0 0 1 8 0zM4.5 20a7.5 7.5 0 0 1 15 0",
  search: "M17 10.5a6.5 6.5 0 1 1-13 0 6.5 6.5 0 0 1 13 0zM15.3 15.3 20.5 20.5",
  book: "M4 5.5C7 4 9.5 4.5 12 6v14c-2.5-1.5-5-2-8-.5zM20 5.5C17 4 14.5 4.5 12 6v14c2.5-1.5 5-2 8-.5z",
  play: "M7 4.5v15l12-7.5z",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  check: "M4.5 12.5 10 18 20 6.5",
  warning: "M12 9v5M12 17.2v.01M12 3.5 2.5 20h19z",
  up: "M12 19V5M6 11l6-6 6 6",
  down: "M12 5v14M6 13l6 6 6-6",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
