"""Queue, screening, double appraisal, consensus. Says what people decided, not what follows."""
