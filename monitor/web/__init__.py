"""The pages: Flask, and nothing else imports Flask. Opens transactions; decides nothing itself."""
