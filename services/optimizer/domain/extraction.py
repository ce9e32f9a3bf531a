def extract(model: str, text: str, question: str | None) -> tuple[str, str]:
    return text, ""
