"""The rivals, one module each. A worker process imports only the module of its engine."""
