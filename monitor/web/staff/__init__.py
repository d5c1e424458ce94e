"""Pages for reviewers: the queue, papers, pairs, studies, alerts, files."""
