"""The mails that Prikke writes: what is to be said as data, and a `Mail` of text and HTML."""
