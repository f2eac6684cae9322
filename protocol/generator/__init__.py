"""The parts of gen.py: reading the contract, writing C, TypeScript and the reference."""
