// Where a chart's values stand: round ticks that hold them all, and how many of the labels below it fit beside each other.
const MOST_TICKS = 5;
const ROUND = [1, 2, 2.5, 5, 10];

/** Round values from the least (or nothing) to the largest, at most five steps apart; `whole`: no halves of what is counted. */
export function ticks(values: readonly number[], whole = false): number[] {
  const least = Math.min(0, ...values);
  const most = Math.max(0, ...values) || (least < 0 ? 0 : 1); // of nothing alone there would be no scale
  const power = 10 ** Math.floor(Math.log10((most - least) / MOST_TICKS));
  const fits = (factor: number): boolean => Math.ceil(most / (factor * power)) - Math.floor(least / (factor * power)) <= MOST_TICKS;
  const step = Math.max(whole ? 1 : 0, (ROUND.find(fits) ?? 10) * power);
  const [first, last] = [Math.floor(least / step), Math.ceil(most / step)];
  return Array.from({ length: last - first + 1 }, (_, at) => (first + at) * step);
}

/** Every how many columns a label stands, where each is as wide as `band` and the longest label has so many letters. */
export function every(band: number, letters: number, letter = 6.4, gap = 18): number {
  return Math.max(1, Math.ceil((letters * letter + gap) / band));
}
