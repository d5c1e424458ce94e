"""What each job is called for admins."""

JOB_TITLES = {
    "poll": "Ask the sources",
    "compare": "Compare with the sources",
    "use": "Ask the feeds of use",
    "deliver": "Send mail",
    "digest": "Make the digests",
    "remind": "Remind the admins",
    "ping": "Tell the outside that all is well",
    "import": "Bring in files",
    "order": "Order the queue",
    "check": "Check the audit ledger",
    "ask": "Ask readers whether it helped",
    "bounces": "Read mail that came back",
    "collect": "Close waves of use that are over",
    "tidy": "Let go of what is old",
    "shorten": "Keep the database’s log short",
    "statistics": "Gather statistics on the database",
    "renew": "Read papers by the newest rules",
}
