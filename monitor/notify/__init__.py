"""Who is told what, when: subscriptions, announcements, the outbox, rendering and sending."""
