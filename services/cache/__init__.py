"""The cache: answers that were paid for once, found again by their exact request or by a question that means the same."""
