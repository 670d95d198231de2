-- /etc/prosody/prosody.cfg.lua: what matters here, and as little else as possible.

-- Where prosodyctl shell, and with it drainctl, talks to Prosody. Only its own user and root may.
admin_socket = "/run/prosody/prosody.sock"
pidfile = "/run/prosody/prosody.pid"

modules_enabled = {
	"admin_shell"; -- prosodyctl shell
	"posix"; -- TERM
	"saslauth";
	"tls";
	"roster";
	"disco";
	"presence";
	"ping";
	"smacks"; -- sessions that may be resumed: these count, and close, like the others
	"dialback";
}

c2s_ports = { 5222 }
c2s_direct_tls_ports = { 5223 }
-- A client that does not answer the end of its stream is closed after so many seconds.
c2s_close_timeout = 5

log = { info = "*stdout" }
certificates = "certs"

VirtualHost "example.com"
	authentication = "internal_hashed"
