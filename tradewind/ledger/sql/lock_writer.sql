SELECT incarnation, epoch, last_global_seq FROM writer WHERE id = 1 FOR UPDATE
