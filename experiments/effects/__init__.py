"""What staff, announcements and events do in a community, estimated on its log, real or simulated: `hearth effects`.

A log with roles becomes a `logs.Community`; each design is a file with one function of it, which returns a table of
estimates; `study` runs all of them and pools several logs; `page` writes what came out.
"""
