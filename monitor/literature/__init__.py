"""From record to paper to study: identity, matching, design suggestions. Decides no evidence."""
