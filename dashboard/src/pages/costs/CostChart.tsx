import type { Schema } from "../../api/client";
import { Chart } from "../../ui/Chart";
import { coloursOf, dollars } from "../../ui/charts";
import { compact, count, moneyColumn } from "../../ui/format";
import { bars, type Interval, OTHER, shownOf, type What } from "./bars";

interface Props {
  found: Schema["Breakdown"];
  names: readonly string[];
  of: Interval;
  what?: What;
  /** What every request had in each interval of the period, and of the one before, whatever they are broken down by. */
  all?: readonly number[];
  earlier?: readonly number[];
}

export default function CostChart({ found, names, of, what = "cost", all, earlier = [] }: Props) {
  const { shown, others } = shownOf(found, names, what);
  const colours = coloursOf(found.by.join(), shown);
  const series = shown.map((name, at) => ({ name, color: colours[at] ?? "gray.5" }));
  const columns = bars(found, names, of, what, all);
  return (
    <Chart
      label={what === "errors" ? `Failed requests per ${of}` : `Cost per ${of}, in dollars`}
      axis={what === "errors" ? `Failed requests per ${of}` : `Dollars per ${of}`}
      kind="stacked"
      series={others ? [...series, { name: OTHER, color: "gray.5" }] : series}
      columns={columns.map((column, at) => ({ ...column, before: earlier[at] ?? null }))}
      write={what === "errors" ? count : moneyColumn(columns.flatMap(({ values }) => values))}
      tick={what === "errors" ? compact : dollars}
      whole={what === "errors"}
      before="The period before"
    />
  );
}
