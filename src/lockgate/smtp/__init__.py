"""SMTP: our own server and client. `protocol` is the pure core; the modules beside it own the sockets."""
