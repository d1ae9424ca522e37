"""A shop on the local stack: its catalogue, pages, customers, merchant and fulfilment."""
