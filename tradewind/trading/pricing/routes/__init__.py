"""Which pools a swap goes through; what one pool gives is computed in `swap`."""
