"""A played Stripe: Checkout sessions, and events signed as Stripe signs them."""
