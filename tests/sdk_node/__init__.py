"""The SDK for Node, as somebody gets it who installs the package."""
