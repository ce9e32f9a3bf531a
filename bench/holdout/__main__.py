"""`make bench-holdout`: coverage, false roll-backs, time to detection, each with its seed."""

import sys

from bench.holdout.simulation import Traffic, coverage, guarded

SEED = 20_261_128
CASES = (
    *(Traffic(treated=570, control=30, effect=effect) for effect in (0.3, 0.0, -0.1)),
    *(Traffic(treated=100, control=100, effect=effect, known=0.5, unknown=0.4) for effect in (0.3, 0.0, -0.1)),
    *(Traffic(treated=600, control=300, effect=effect, known=0.8, unknown=0.5) for effect in (0.3, 0.0, -0.1)),
    *(Traffic(treated=7_700, control=400, effect=effect, known=0.8, unknown=0.5) for effect in (0.3, 0.0)),
    *(Traffic(treated=5_000, control=1_000, effect=effect) for effect in (0.3, 0.0, -0.1)),
)
GUARDS = ((0.0, 0.05), (0.02, 0.05), (0.05, 0.05), (0.05, 0.2), (0.1, 0.05))


def main(runs: int) -> None:
    """Print both tables."""
    print(f"{runs} runs each, seed {SEED}; shares of runs whose 95 % interval holds the true saving, median widths")
    print("treated  control  spread     true   fixed  always   width  always")
    for number, case in enumerate(CASES):
        found = coverage(case, runs, SEED + number)
        print(
            f"{case.treated:7,}  {case.control:7,}  {case.known:.1f}+{case.unknown:.1f}  {case.effect:6.0%}"
            f"  {found.fixed:6.1%}  {found.always_valid:6.1%}  {found.fixed_width:6.1%}  {found.always_valid_width:6.1%}",
            flush=True,
        )
    print(
        f"\n{runs} organizations, 300 conversations a day, looked at every day for 60 days, margin 2 points of re-ask"
    )
    print("true harm  held out  rolled back  median day")
    for number, (harm, share) in enumerate(GUARDS):
        stopped = guarded(
            daily=300, share=share, rate=0.05, harm=harm, margin=0.02, days=60, runs=runs, seed=SEED + 100 + number
        )
        print(f"{harm:9.0%}  {share:8.0%}  {stopped.rolled_back:11.1%}  {stopped.median_day}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
