"""How mail leaves: over SMTP, or as files in a folder; and what a server's refusal is about.

``transport`` alone imports smtplib; ``refusals`` (pure) tells a refusal of us from one of the reader,
``due`` when a message is tried again.
"""
