"""Bring a journal's database, step by step, to the tables of this version; run at opening."""
