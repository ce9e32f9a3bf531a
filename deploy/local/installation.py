"""The Promptly of this machine, as `promptly doctor` looks at it."""

from deploy.doctor.finding import Finding, failed
from deploy.doctor.settings import Installation, environment
from deploy.local import settings
from deploy.local.nats import nats_url
from deploy.local.postgres import PostgresData
from deploy.local.secrets import load_or_make
from deploy.local.settings import LocalSettings
from deploy.local.stack import read_state
from libs.common.bus.access import OPERATOR
from libs.common.settings import SettingsError


def here() -> tuple[Installation, list[Finding]]:
    """Where its parts are, and what was wrong already with finding them."""
    found: list[Finding] = []
    given = environment()
    try:
        own = settings.read()
    except SettingsError as error:
        own = LocalSettings(home=given.get("PROMPTLY_HOME") or LocalSettings().home)
        found.append(failed("settings", str(error), "Correct or remove it; docs/settings.md says what it may be."))
    home, state = own.home_path, read_state(own.home_path)
    nats, database = own.nats_url, own.database_url
    if state is not None:
        made = load_or_make(home / "secrets.json")
        if nats is None and state["nats_port"] is not None:
            nats = nats_url(state["nats_port"], OPERATOR, made)
        database = database or PostgresData(home / "postgres", made.postgres_password).url()
    elif nats is None or database is None:
        mend = "Start it with `promptly up`, or name your own servers in PROMPTLY_NATS_URL and PROMPTLY_DATABASE_URL."
        found.append(failed("promptly", f"Promptly does not run from {home}.", mend))
    url = given.get("PROMPTLY_URL") or (state["url"] if state is not None else f"http://localhost:{own.port}")
    return Installation(
        environment=given,
        nats_url=nats,
        database_url=database,
        gateway_url=url,
        home=home,
        directories=(home,),
    ), found
