# What drainctl's token may do, with ACLs.

# Maintenance of the service.
service "web" {
  policy = "write"
}

# To see that the whole node is in maintenance.
node_prefix "" {
  policy = "read"
}
