"""Keep the house in order: the ledger checked, the queue ordered, papers read anew, the outside told."""
