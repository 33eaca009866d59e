"""Many runs: what a user gave, the pool that carries them out, and the store that keeps them."""
