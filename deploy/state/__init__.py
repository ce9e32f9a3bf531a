"""An organization's configuration as a file: `promptly export`, `promptly diff`, `promptly apply`, and what other gateways' files hold."""
