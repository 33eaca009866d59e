"""How rules become machine code, and the draws that they make."""
