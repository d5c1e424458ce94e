"""Data, not code: interventions, grading policies, the gap matrix, appraisal tools, usage; one loader."""
