"""AWS: the orders table, its stream, the topic and the queues."""
