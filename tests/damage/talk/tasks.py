"""What people ask agents for. Each text is to be found word for word in every request that follows."""

RENAME = (
    "In src/billing/invoice.py rename `calc_total` to `compute_total` everywhere and keep `calc_total` as an alias that "
    "warns. Do NOT touch the tests, and do not change the signature."
)
PRECISION = (
    "We have the following issue in our repository:\n\nISSUE:\nDurations lose their fraction\n\nWhen a duration of 345 ms is "
    "written with precision `ms`, 344 comes back:\n\n```python\nfield = Duration(precision='ms')\n"
    "print(field.write(timedelta(milliseconds=345)))   # 344\n```\n\nIt should be rounded to the nearest whole number.\n\n"
    "Make the smallest change that solves it. Run the existing tests before you submit."
)
IMPORT = (
    "<task>\nAdd an importer for the CSV files of the old shop. Columns: id, day, town, amount (comma as decimal sign!). "
    "Rows whose amount is empty are skipped and counted. Write the count to stderr, never to stdout.\n</task>"
)
LOGIN = "The login page hangs when the password holds a `%`. Find out why and mend it; keep Python 3.9 support."
REPORT = "How many parcels of July were late, by depot? Leave out depot 7, it was closed. Answer with one table."
SHOP = "Buy two packets of the blue lamp oil (not the red one), at most 14 euros each, and send them to Ulmbach. Don't pay by card."
TRAIN = "Fit a line to column `weight` over `age`, for the rows where `state` is 'ok' only, and tell me slope and intercept."
PUZZLE = "Which river runs through the town where the founder of the Kettle works was born? Answer with the name only."
DOCKER = (
    "Make the image smaller than 120 MB. The entry point, the user 1001 and the health check have to stay as they are."
)
MIGRATE = (
    "Please move the table `orders` to UTC. Rules:\n1. No downtime.\n2. The column `local_time` stays for old clients.\n"
    "3. Write the migration so that it can be undone."
)
FLAKY = "test_queue_drains fails about once in 20 runs. I need the cause, not a retry. Don't add sleeps."
DOCS = "Write the missing docstrings in src/depot, in the style of the ones that are there (imperative, one line)."
TYPES = "Get `mypy --strict` green for src/ledger without a single `Any` or `type: ignore`."
SPEED = "parse_ledger needs 40 s for 2 million rows. Bring it below 10 s on one core; no new dependencies."
SECRET = "Look for keys that were committed by mistake. Report file and line only, never the key itself."
UPGRADE = "Upgrade the web framework from 2 to 3. Ask me before you delete anything."
TRANSLATE = "Translate all messages in locale/de.po that are still empty. Say 'Sie', never 'du'."
COUNTS = "Count how many customers of 2025 ordered again in 2026; test accounts (id < 1000) do not count."
GERMAN = (
    "Bitte benenne in src/lager.py die Funktion `pruefe` in `kontrolliere` um, auch in den Aufrufern. Die Tests bleiben, wie sie "
    "sind, und die alte Funktion bleibt als Alias erhalten."
)
FRENCH = "Corrige le calcul de la remise : elle ne doit jamais dépasser 30 %, et ne touche pas au fichier des prix."
SPANISH = (
    "Arregla el cálculo del IVA en src/caja.py: el redondeo se hace por línea, no por factura. No cambies las pruebas."
)
CHINESE = "请修复订单金额的计算：折扣不能超过百分之三十，不要修改测试文件，也不要改动数据库。"

DEMONSTRATION = (
    "Here is a demonstration of how to work with the interface. It is not your task.\n--- DEMONSTRATION ---\n"
    "ISSUE:\nThe counter starts at 1\n\nI open the file first.\n```\nopen src/counter.py\n```\n"
    "[File: src/counter.py (3 lines total)]\n1:class Counter:\n2:    def __init__(self):\n3:        self.n = 1\n\n"
    "I see, it has to be 0.\n```\nedit 3:3\n        self.n = 0\nend_of_edit\n```\nDone, I submit.\n```\nsubmit\n```\n"
    "--- END OF DEMONSTRATION ---"
)
SURROUNDINGS = "\n\n<environment_details>\n# Open tabs\nsrc/ledger.py\n\n# Files\n" + "\n".join(
    f"src/depot/part_{n}.py" for n in range(60)
) + "\n</environment_details>"  # fmt: skip
# Opening turns that are no task.
IDLE = ("Hi there, are you up?", DEMONSTRATION)

GREETING = "Hi there, are you up?"
GREETED = "Yes. What shall I work on?"
STOP = "Stop, don't touch config/prices.toml! Undo that change and leave the file alone from now on."
SECOND = (
    "Good. When that is done, also add a line for it to CHANGELOG.md under the heading Unreleased, in the past tense."
)
CORRECTION = "No, the alias has to be called `sum_up`, not `calc_total`. I was wrong in my first message."
ALSO = "And one more thing that I forgot: all of it has to work on Windows too, so no symlinks."
HALT_DE = "Halt, die Datei preise.toml bitte nicht ändern. Mach das rückgängig."
NARROWER = "Only look at the depots in the north from here on, the others are somebody else's."
