"""Hearthside's model: a company-hosted customer community, day by day, under a strategy. Begin with ODD.md."""
