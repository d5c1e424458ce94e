"""What several benches share: worlds, servers, yardsticks. A bench itself stands one folder up."""
