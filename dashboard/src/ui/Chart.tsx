// The one chart of the dashboard: bars or lines over time, what the period before had beside them, and what each column is made of.
import { Box, Group, Text } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { type KeyboardEvent, type PointerEvent, useState } from "react";
import { CHART_HEIGHT } from "./charts";
import { DASH, percent } from "./format";
import { every, ticks } from "./scale";

export interface Series {
  name: string;
  /** A colour of the theme, such as "teal.6". */
  color: string;
}

export interface Column {
  label: string;
  /** The period holds only a part of it. */
  partial: boolean;
  /** One for each series; null where there is none. */
  values: readonly (number | null)[];
  /** What the same column of the period before had. */
  before?: number | null;
}

interface Props {
  label: string;
  /** What the axis counts, such as "Dollars per day". */
  axis: string;
  kind: "stacked" | "grouped" | "lines";
  series: readonly Series[];
  columns: readonly Column[];
  write: (value: number) => string;
  tick?: (value: number) => string;
  whole?: boolean;
  /** What a stack makes up together, and what the period before had. */
  total?: string;
  before?: string;
}

const [TOP, BOTTOM, RIGHT, WIDEST, LETTER] = [12, 22, 4, 36, 7.4]; // pixels
const GHOST = "var(--mantine-color-dimmed)";

const ink = (color: string): string => `var(--mantine-color-${color.replace(".", "-")})`;
const sum = (values: Column["values"]): number => values.reduce((all: number, value) => all + (value ?? 0), 0);

export function Chart(props: Props) {
  const { label, axis, series, columns, before } = props;
  const { ref, width, height } = useElementSize();
  const [at, setAt] = useState<number | null>(null);
  const has = before !== undefined && columns.some((column) => typeof column.before === "number");
  const press = (event: KeyboardEvent): void => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape") setAt(null);
    if (by === undefined) return;
    event.preventDefault();
    setAt((now) => Math.min(columns.length - 1, Math.max(0, (now ?? (by > 0 ? -1 : columns.length)) + by)));
  };
  const column = at === null ? undefined : columns[at];
  return (
    <Box h={CHART_HEIGHT} className="chart" data-testid="chart">
      <Text size="xs" c="dimmed" mb={2}>
        {axis}
      </Text>
      <div ref={ref} className="plot" role="img" aria-label={label} tabIndex={0} onKeyDown={press} onBlur={() => setAt(null)}>
        {width > 0 && height > TOP + BOTTOM && <Plot {...props} width={width} height={height} at={at} choose={setAt} has={has} />}
        {column && (
          <div className="tip" data-side={(at ?? 0) < columns.length / 2 ? "right" : "left"}>
            <Tip {...props} column={column} />
          </div>
        )}
      </div>
      <Group gap="xs" justify="center" component="ul" className="legend">
        {series.map(({ name, color }) => (
          <li key={name}>
            <i style={{ background: ink(color) }} />
            {name}
          </li>
        ))}
        {has && (
          <li>
            <i className="ghost" />
            {before}
          </li>
        )}
        {columns.some(({ partial }) => partial) && <li>paler: only a part of it is in the period</li>}
      </Group>
    </Box>
  );
}

type Sized = Props & { width: number; height: number; at: number | null; choose: (at: number | null) => void; has: boolean };

function Plot({ kind, series, columns, write, tick = write, whole, width, height, at, choose, has }: Sized) {
  const ghosts = has ? columns.map(({ before }) => before ?? 0) : [];
  const shown = columns.flatMap(({ values }) => (kind === "stacked" ? [sum(values)] : values.map((value) => value ?? 0)));
  const steps = ticks([...shown, ...ghosts], whole);
  const left = Math.max(...steps.map((one) => tick(one).length)) * LETTER + 8;
  const [least = 0, most = 1] = [steps[0], steps.at(-1)];
  const y = (value: number): number => TOP + (1 - (value - least) / (most - least)) * (height - TOP - BOTTOM);
  const band = (width - left - RIGHT) / columns.length;
  const middle = (column: number): number => left + (column + 0.5) * band;
  const labelled = every(band, Math.max(...columns.map(({ label }) => label.length)));
  const point = (event: PointerEvent<SVGSVGElement>): void => {
    const column = Math.floor((event.clientX - event.currentTarget.getBoundingClientRect().left - left) / band);
    choose(column >= 0 && column < columns.length ? column : null);
  };
  return (
    <svg width={width} height={height} aria-hidden onPointerMove={point} onPointerDown={point} onPointerLeave={(event) => event.pointerType === "mouse" && choose(null)}>
      {steps.map((one) => (
        <g key={one}>
          <line x1={left} x2={width - RIGHT} y1={y(one)} y2={y(one)} className={one === 0 ? "base" : "grid"} />
          <text x={left - 8} y={y(one)} textAnchor="end" dominantBaseline="central">
            {tick(one)}
          </text>
        </g>
      ))}
      {columns.map(({ label }, column) => column % labelled === 0 && (
        <text key={column} x={Math.min(middle(column), width - RIGHT - (label.length * LETTER) / 2)} y={height - 6} textAnchor="middle">
          {label}
        </text>
      ))}
      {at !== null && <rect className="chosen" x={left + at * band} width={band} y={TOP} height={height - TOP - BOTTOM} />}
      {kind === "lines" ? <Lines {...{ series, columns, middle, y }} /> : <Bars {...{ kind, series, columns, middle, y, band }} />}
      {has && <path d={kind === "lines" ? broken(columns.map((one) => one.before ?? null), middle, y) : stairs(columns, left, band, y)} fill="none" stroke={GHOST} strokeWidth={1.5} strokeDasharray="4 3" data-testid="before" />}
    </svg>
  );
}

interface Placed {
  series: readonly Series[];
  columns: readonly Column[];
  middle: (column: number) => number;
  y: (value: number) => number;
}

function Bars({ kind, series, columns, middle, y, band }: Placed & { kind: Props["kind"]; band: number }) {
  const broad = Math.max(1, Math.min(WIDEST, band * 0.72));
  const each = kind === "stacked" ? broad : broad / series.length;
  return columns.map(({ values, partial }, column) => {
    let base = 0;
    return (
      <g key={column} opacity={partial ? 0.5 : undefined}>
        {values.map((value, place) => {
          if (!value) return null;
          const from = kind === "stacked" ? base : 0;
          if (kind === "stacked") base += value;
          const [low, high] = [y(from), y(from + value)];
          const x = middle(column) - broad / 2 + (kind === "stacked" ? 0 : place * each);
          return <rect key={place} x={x} width={each} y={Math.min(low, high)} height={Math.max(0.5, Math.abs(low - high))} fill={ink(series[place]?.color ?? "gray.5")} />;
        })}
      </g>
    );
  });
}

function Lines({ series, columns, middle, y }: Placed) {
  return series.map(({ name, color }, place) => (
    <g key={name} stroke={ink(color)} fill="none" strokeWidth={2}>
      <path d={broken(columns.map(({ values }) => values[place] ?? null), middle, y)} />
      {columns.map(({ values, partial }, column) => {
        const value = values[place];
        return value === null || value === undefined ? null : <circle key={column} cx={middle(column)} cy={y(value)} r={columns.length > 60 ? 1 : 3} fill={partial ? "var(--card)" : ink(color)} />;
      })}
    </g>
  ));
}

/** A line through what there is; where there is nothing it is broken. */
function broken(values: readonly (number | null)[], middle: Placed["middle"], y: Placed["y"]): string {
  return values.map((value, at) => (value === null ? "" : `${at > 0 && values[at - 1] !== null ? "L" : "M"}${middle(at)} ${y(value)}`)).join("");
}

/** A step as broad as its column for each. */
function stairs(columns: readonly Column[], left: number, band: number, y: Placed["y"]): string {
  return columns.map(({ before }, at) => (typeof before === "number" ? `${at > 0 && typeof columns[at - 1]?.before === "number" ? "L" : "M"}${left + at * band} ${y(before)}H${left + (at + 1) * band}` : "")).join("");
}

function Tip({ kind, series, column, write, total, before }: Props & { column: Column }) {
  const all = sum(column.values);
  const rows = series.map((one, at) => ({ ...one, value: column.values[at] ?? null })).filter(({ value }) => kind === "lines" || value !== 0);
  const shares = kind === "stacked" && all > 0;
  return (
    <table className="figures" role="status">
      <caption>
        {column.label}
        {column.partial && " (part)"}
      </caption>
      <tbody>
        {rows.map(({ name, color, value }) => (
          <tr key={name}>
            <th scope="row">
              <i style={{ background: ink(color) }} />
              {name}
            </th>
            <td>{value === null ? DASH : write(value)}</td>
            {shares && <td>{percent((value ?? 0) / all)}</td>}
          </tr>
        ))}
        {kind === "stacked" && (
          <tr className="total">
            <th scope="row">{total ?? "Total"}</th>
            <td>{write(all)}</td>
            {shares && <td>{percent(1)}</td>}
          </tr>
        )}
        {before !== undefined && typeof column.before === "number" && (
          <tr className="total">
            <th scope="row">
              <i className="ghost" />
              {before}
            </th>
            <td>{write(column.before)}</td>
            {shares && <td />}
          </tr>
        )}
      </tbody>
    </table>
  );
}
