"""Reports by mail: what a month or a week cost and saved, to the admins who ask for them."""
