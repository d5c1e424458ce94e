"""Sources, polling and polite HTTP. Brings records as sent; decides nothing about them."""
