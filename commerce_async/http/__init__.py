"""The one request pipeline."""
