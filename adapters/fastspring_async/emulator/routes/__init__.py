"""One module per resource; each turns a request into an answer and changes nothing but the shop."""
