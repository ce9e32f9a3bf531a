"""`make bench-holdout`: coverage, false roll-backs, time to detection, each with its seed."""

import sys

from bench.holdout.simulation import Lever, Traffic, coverage, guarded, own_arms, watched

# The estimator was chosen on other seeds.
SEED = 20_261_130
SIZES = (
    *((570, 30, 1.0, 0.8), (100, 100, 0.5, 0.4), (600, 300, 0.8, 0.5)),
    *((7_700, 400, 0.8, 0.5), (5_000, 1_000, 1.0, 0.8)),
)
EFFECTS: tuple[dict[str, float], ...] = (
    {"effect": 0.3, "uneven": 0.5},
    {},
    {"effect": -0.1, "uneven": 0.5},
    {"free": 0.3},
)
CASES = tuple(
    Traffic(treated=treated, control=control, known=known, unknown=unknown, **effect)
    for treated, control, known, unknown in SIZES
    for effect in EFFECTS
)
WATCHED = (
    Traffic(treated=95, control=5, effect=0.3, known=0.8, unknown=0.5, uneven=0.5),
    Traffic(treated=40, control=10, known=0.8, unknown=0.5),
    Traffic(treated=200, control=50, effect=-0.1, uneven=0.5),
)
GUARDS = ((0.0, 0.05), (0.0, 0.2), (0.02, 0.05), (0.05, 0.05), (0.05, 0.2), (0.1, 0.05))


# Each with an arm of its own at once: one that saves, one that does nothing, one that costs and harms.
OWN = (Lever(share=0.5, effect=0.2), Lever(share=0.2), Lever(share=0.5, effect=-0.05, harm=0.1))


def main(runs: int) -> None:
    """Print the four tables."""
    print(f"{runs} runs each; shares of runs whose 95 % interval holds the true saving, median widths")
    print("treated  control   spread  uneven  true saving   fixed  always   width  always      seed")
    for seed, case in enumerate(CASES, SEED):
        found = coverage(case, runs, seed)
        print(
            f"{case.treated:7,}  {case.control:7,}  {case.known:.1f}+{case.unknown:.1f}  {case.uneven:6.1f}  {_truth(case):>11}"
            f"  {found.fixed:6.1%}  {found.always_valid:6.1%}  {found.fixed_width:6.1%}  {found.always_valid_width:6.1%}  {seed}",
            flush=True,
        )
    print(f"\n{runs} runs of 60 days, looked at every day; share whose always-valid interval held at each look")
    print("treated a day  control  true saving    held      seed")
    for seed, case in enumerate(WATCHED, SEED + 100):
        held = watched(case, days=60, runs=runs, seed=seed)
        print(f"{case.treated:13}  {case.control:7}  {_truth(case):>11}  {held:6.1%}  {seed}", flush=True)
    print(f"\n{runs} organizations, 300 conversations a day, 5 % asked again without levers, margin 2 points,")
    print("looked at every hour for 60 days")
    print("true harm  held out  rolled back  median day      seed")
    for seed, (harm, share) in enumerate(GUARDS, SEED + 200):
        stopped = guarded(daily=300, share=share, rate=0.05, harm=harm, margin=0.02, days=60, runs=runs, seed=seed)
        day = "" if stopped.median_day is None else f"{stopped.median_day:.1f}"
        print(f"{harm:9.0%}  {share:8.0%}  {stopped.rolled_back:11.1%}  {day:>10}  {seed}", flush=True)
    print(f"\n{runs} runs of 4,000 conversations in which three levers have arms of their own, 5 % asked again")
    print("without it  own effect  own harm    held   width  found harmful      seed")
    own = own_arms(OWN, count=4_000, rate=0.05, margin=0.02, runs=runs, seed=SEED + 300)
    for lever, arm in zip(OWN, own, strict=True):
        print(
            f"{lever.share:10.0%}  {lever.effect:10.0%}  {lever.harm:8.0%}  {arm.held:6.1%}  {arm.width:6.1%}  {arm.blamed:13.1%}"
            f"  {SEED + 300}",
            flush=True,
        )


def _truth(case: Traffic) -> str:
    return f"{case.truth:.0%}" + (f" ({case.free:.0%} free)" if case.free else "")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
