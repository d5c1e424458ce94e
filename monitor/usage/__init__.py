"""How widely services use an intervention: as a source states it, never more exactly."""
