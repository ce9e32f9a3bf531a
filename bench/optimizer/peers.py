def beside(ledger, likeness, sets):  # type: ignore
    return
